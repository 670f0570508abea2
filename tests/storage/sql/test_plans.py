"""How SQLite finds the rows of each statement: never by going through a table, never by sorting."""

import contextlib
import re
import sqlite3

import pytest

from tests.builders import new_subscription, new_token, numbered_messages, queue_key
from tests.clock import MovableClock
from tests.conformance.acts import PRODUCER, claim, post
from tests.storage.sql.statements import all_statements, parameters_of
from zaqar.models import Redrive, RedriveTerms
from zaqar.storage.sql.messages import lookup, posting, records, redrive_rows, remembered_posts, subscribing
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.compilation import SQL
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare

STATEMENTS = all_statements()

ROWID = "INTEGER PRIMARY KEY"

LOOKED_AT = {"sqlite_autoindex_records_1", "messages_due", "claims_lapse"}
"""What tells a queue's record and whether the queue is settled."""

SERVED_BY = {
    "messages.holding._EXTEND": {ROWID},
    "messages.holding._FIND": {ROWID},
    "messages.holding._FREE": {ROWID},
    "messages.holding._HELD": {ROWID},
    "messages.taking._HOLD": {ROWID, "messages_ready"},
    "messages.holding._RENEW": {ROWID},
    "messages.due._FALLEN_DUE": {"messages_due"},
    "messages.due._LAPSED_IN_QUEUE": {"claims_lapse"},
    "messages.due._DUE_ANYWHERE": {"messages_fall_due"},
    "messages.due._LAPSED_ANYWHERE": {"claims_end"},
    "messages.due._EXPIRED_ANYWHERE": {"messages_expiry"},
    "messages.due._PROMOTE": {ROWID},
    "messages.due._REMOVE_EXPIRED": {ROWID},
    "messages.sources._UNUSED": {"sources_end", "subscriptions_end", "notices_listed"},
    "messages.sweep._HAS_WORK": {
        "messages_expiry",
        "messages_fall_due",
        "claims_end",
        "subscriptions_expiry",
        "subscriptions_end",
        "remembered_posts_end",
        ROWID,
        "notices_listed",
        "sources_end",
    },
    "messages.dead_letters._LOOK": {"messages_ready"},
    "messages.dead_letters._LEAVING": {ROWID},
    "messages.moving._MOVE": {ROWID},
    "messages.redriving._LOOK": {"messages_ready"},
    "messages.redrive_rows._RUNNING": {"redrives_running", ROWID},
    "messages.remembered_posts._FIND": {"sqlite_autoindex_remembered_posts_1"},
    "messages.remembered_posts._PAST": {"remembered_posts_end"},
    "messages.deletion._DELETE_FREE": {ROWID},
    "messages.deletion._DELETE_HELD": {ROWID},
    "messages.deletion._HOLDER": {ROWID},
    "messages.deliveries._PROGRESS": {ROWID, "sqlite_autoindex_sources_1"},
    "messages.leases._AWAKE": {"deliveries_wake", ROWID},
    "messages.leases._BEHIND": {"deliveries_high", "notices_listed", ROWID},
    "messages.leases._HAS_WORK": {
        "sqlite_autoindex_sources_1",
        "deliveries_high",
        "deliveries_wake",
        "deliveries_low",
        "notices_listed",
        "subscriptions_end",
        ROWID,
    },
    "messages.leases._HELD": {ROWID},
    "messages.leases._SAVE": {ROWID},
    "messages.leases._TAKEN": {ROWID},
    "messages.lookup._KNOWN": {"sqlite_autoindex_records_1", "sqlite_autoindex_sources_1"},
    "messages.notices._BEHIND": {"sqlite_autoindex_sources_1", "notices_listed"},
    "messages.notices._EDGES": {"deliveries_low", "notices_listed"},
    "messages.notices._NEXT_SOURCE": {"notices_listed"},
    "messages.past_notices._NEXT": {ROWID},
    "messages.notices._TRIM": {"notices_listed"},
    "messages.sources._FOLLOW": {ROWID, "subscriptions_end"},
    "messages.subscribing._SUBSCRIBED": {"sqlite_autoindex_subscriptions_1"},
    "messages.subscriptions._ONE": {ROWID, "sqlite_autoindex_sources_1"},
    "messages.subscriptions._PAGE": {"sqlite_autoindex_sources_1", "subscriptions_listed"},
    "messages.unsubscribing._ENDED_IN_SOURCE": {"subscriptions_end"},
    "messages.unsubscribing._ENDED_ANYWHERE": {"subscriptions_expiry"},
    "messages.reading._DETAILS": {ROWID},
    "messages.reading._ONE": {ROWID},
    "messages.taking._POP": {ROWID, "messages_ready"},
    "messages.reading._LISTINGS[((0,), True)]": {*LOOKED_AT, "messages_ready"},
    "messages.reading._LISTINGS[((0,), False)]": {*LOOKED_AT, "messages_ready"},
    "messages.reading._LISTINGS[((0, 1), True)]": {*LOOKED_AT, "messages_ready", "messages_delayed"},
    "messages.reading._LISTINGS[((0, 2), True)]": {*LOOKED_AT, "messages_ready", "messages_claimed", ROWID},
    "messages.reading._LISTINGS[((0, 1, 2), False)]": {
        *LOOKED_AT,
        "messages_ready",
        "messages_delayed",
        "messages_claimed",
        ROWID,
    },
    "management.queues._FIND": {"sqlite_autoindex_queues_1"},
    "management.queues._PAGE": {"sqlite_autoindex_queues_1"},
    "messages.lookup.FIND": {"sqlite_autoindex_records_1"},
    "messages.lookup._LOOK": {"sqlite_autoindex_records_1", "messages_due", "claims_lapse", "messages_expiry"},
    "messages.removal._REMOVE": {ROWID},
    "sqlite.session._ADVANCE": {ROWID},
    "sqlite.session._COUNT": {ROWID},
    "sqlite.session._STATE": {ROWID},
    "messages.statistics._OLDEST[0]": {"messages_ready"},
    "messages.statistics._OLDEST[1]": {"messages_delayed"},
    "messages.statistics._OLDEST[2]": {"messages_claimed"},
    "messages.statistics._NEWEST[0]": {"messages_ready"},
    "messages.statistics._NEWEST[1]": {"messages_delayed"},
    "messages.statistics._NEWEST[2]": {"messages_claimed"},
}

TINY = {"dead_letter_rules", "dropped_records", "page0", "page1", "page2", "pending"}
"""Tables that are nearly always empty, and what was found by an index already, up to a limit."""


def _fill(database, store):
    queue = queue_key()
    store.records.create(queue)
    for first in range(0, 2000, 500):
        post(store, queue, *numbered_messages(500, first=first, delay=60 * (first == 1500)))
    for _ in range(500):
        claim(store, queue, limit=2)

    def add_queues(transaction):
        for number in range(2000):
            key = queue_key()
            records.create(transaction, key)
            for subscribed in (key, queue):
                new = new_subscription(f"http://{number}.example")
                subscribing.create(transaction, subscribed, new, new_token())
                record = lookup.remembered(transaction, subscribed)
                new = numbered_messages(1)
                posted = posting.insert(transaction, record, new, client_id=PRODUCER, token=new_token())
                remembered_posts.keep(transaction, record.id, posted.ids[0], seconds=3600 if number % 2 else -1)
            made = Redrive(posted.ids[0], RedriveTerms(), created=0, until=0)
            redrive_rows.begin(transaction, lookup.known(transaction, key), made)
            if number > 5:
                redrive_rows.cancel(transaction, lookup.known(transaction, key))

    database.write(add_queues)
    store.deliveries.lease(queue, holder="holder", seconds=3, limit=100)


@pytest.fixture(scope="module", params=["new", "long, and analyzed"])
def file(request, tmp_path_factory):
    """A database as it is at first, and one whose statistics might tempt SQLite to another plan; it is only read."""
    path = tmp_path_factory.mktemp("plans") / "zaqar.db"
    prepare(f"sqlite:///{path}")
    if request.param != "new":
        with contextlib.closing(Database(f"sqlite:///{path}", synchronous="NORMAL", clock=MovableClock())) as database:
            _fill(database, message_store(database))
        with contextlib.closing(sqlite3.connect(path)) as analyzed:
            analyzed.execute("ANALYZE")
    with contextlib.closing(sqlite3.connect(path)) as opened:
        yield opened


def _plan(file, statement):
    rows = file.execute(f"EXPLAIN QUERY PLAN {SQL[statement]}", parameters_of(SQL[statement]))
    return [row[3].replace("TABLE ", "") for row in rows]


def _indexes(plan):
    """Return what the searches of a plan go by."""
    by_index = {name for step in plan for name in re.findall(r"USING (?:COVERING )?INDEX (\w+)", step)}
    return by_index | {ROWID for step in plan if f"USING {ROWID}" in step}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_goes_through_a_table_or_sorts(file, name):
    plan = _plan(file, STATEMENTS[name])

    scanned = {match[1] for step in plan if (match := re.match(r"SCAN (\w+)", step)) and "CONSTANT ROW" not in step}
    assert scanned <= TINY
    assert not [step for step in plan if "TEMP B-TREE" in step or "AUTOMATIC" in step]


@pytest.mark.parametrize("name", SERVED_BY)
def test_a_statement_of_the_hot_path_is_served_by_its_index(file, name):
    assert _indexes(_plan(file, STATEMENTS[name])) == SERVED_BY[name]


def test_each_index_of_our_own_serves_something(file):
    used = set().union(*(_indexes(_plan(file, statement)) for statement in STATEMENTS.values()))

    names = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert {name for name in names if not name.startswith("sqlite_")} <= used
