"""How SQLite finds the rows of each statement: never by going through a table, never by sorting."""

import re
import sqlite3

import pytest

from tests.builders import numbered_messages, queue_key
from tests.conformance.acts import claim, post
from tests.storage.sql.statements import all_statements, parameters_of
from zaqar.storage.sql.messages import records
from zaqar.storage.sql.sqlite.compilation import SQL

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
    "messages.sweep._HAS_WORK": {"messages_expiry", "messages_fall_due", "claims_end", "subscriptions_expiry"},
    "messages.dead_letters._LOOK": {"messages_ready"},
    "messages.dead_letters._MOVE": {ROWID},
    "messages.deletion._DELETE_FREE": {ROWID},
    "messages.deletion._DELETE_HELD": {ROWID},
    "messages.deletion._HOLDER": {ROWID},
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

TINY = {"dead_letter_rules", "dropped_records", "page0", "page1", "page2"}
"""Tables that are nearly always empty, and the pages of a listing, which are as short as its limit."""


def _fill(database, store, queue):
    for first in range(0, 2000, 500):
        post(store, queue, *numbered_messages(500, first=first, delay=60 * (first == 1500)))
    for _ in range(500):
        claim(store, queue, limit=2)

    def add_queues(transaction):
        for _ in range(2000):
            records.create(transaction, queue_key())

    database.write(add_queues)


@pytest.fixture(params=["new", "long, and analyzed"])
def file(request, path, database, store, queue):
    """A database as it is at first, and one whose statistics might tempt SQLite to another plan."""
    if request.param != "new":
        _fill(database, store, queue)
    file = sqlite3.connect(path)
    if request.param != "new":
        file.execute("ANALYZE")
        file.close()
        file = sqlite3.connect(path)
    yield file
    file.close()


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
