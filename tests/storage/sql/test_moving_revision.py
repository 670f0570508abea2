"""A database of the third revision is brought to the fourth, and back, with all that is in it."""

import contextlib
import sqlite3

import pytest
import sqlalchemy as sa
from alembic import command

from tests.builders import numbered_messages
from tests.clock import MovableClock
from tests.conformance.acts import PRODUCER, everything, numbers
from zaqar.models import MessageDetails, Notice, NoticedMessage, QueueKey
from zaqar.storage.ids import named
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.migrations.settings import alembic_config
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare

QUEUE = QueueKey("project", "queue")
TOKEN = "0123456789abcdef"
SUBSCRIPTION = f"{5:014x}{TOKEN}"
COLUMNS = "position, queue, state, claim_count, expires, created, ttl, client_id, token, body"
NOTICED = bytes.fromhex("91 93 c4 01 37 3c 00")  # msgpack: one message, the body "7", a minute, no delay


def _execute(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        for sql, *values in statements:
            file.execute(sql, values)


@pytest.fixture
def config(tmp_path):
    return alembic_config(sa.URL.create("sqlite", database=str(tmp_path / "zaqar.db")))


@pytest.fixture
def old(tmp_path, config):
    """The path of a file of the third revision: a message, a post's notice, and a question."""
    path = tmp_path / "zaqar.db"
    command.upgrade(config, "0003")
    _execute(
        path,
        ("INSERT INTO records (id, project, kind, name, total) VALUES (3, 'project', 'queue', 'queue', 1)",),
        (
            "INSERT INTO messages VALUES (10, 3, 0, NULL, 2, NULL, 9000000000, 0, 60, 'c', ?, NULL, ?)",
            TOKEN,
            b"7",
        ),
        ("INSERT INTO sources (id, project, kind, name, notify_until) VALUES (1, 'project', 'queue', 'queue', 9)",),
        ("INSERT INTO notices VALUES (10, 1, 0, 9000000000, ?, NULL, ?)", TOKEN, NOTICED),
        ("INSERT INTO notices VALUES (11, 1, 0, 9000000000, ?, ?, ?)", TOKEN, SUBSCRIPTION, NOTICED),
        ("UPDATE positions SET last = 11",),
    )
    return path


@pytest.fixture
def store(old):
    prepare(f"sqlite:///{old}")
    with contextlib.closing(Database(f"sqlite:///{old}", synchronous="NORMAL", clock=MovableClock())) as database:
        yield message_store(database)


def test_what_was_there_is_there_and_has_no_origin(store):
    (message,) = everything(store, QUEUE)

    assert (message.body, message.claim_count) == (b"7", 2)
    assert store.messages.details(QUEUE, named(message.id)) == MessageDetails(message)
    assert (store.records.stats(QUEUE).free, store.records.stats(QUEUE).discarded) == (1, 0)
    assert store.redrives.get(QUEUE) is None


def test_older_notices_mean_what_they_meant(store):
    messages = [NoticedMessage(b"7", 60, 0)]

    assert store.deliveries.notices(QUEUE, after=0, most_bytes=1000) == [
        Notice(10, TOKEN, 0, messages),
        Notice(11, TOKEN, 0, messages, SUBSCRIPTION, "question"),
    ]


def test_a_process_of_the_release_before_goes_on_beside(store, old):
    _execute(
        old,
        (
            f"INSERT INTO messages ({COLUMNS}) VALUES (12, 3, 0, 0, 9000000000, 0, 60, 'c', ?, ?)",
            TOKEN,
            b"8",
        ),
        ("INSERT INTO records (project, kind, name) VALUES ('project', 'queue', 'other')",),
        ("UPDATE positions SET last = 12",),
    )

    assert numbers(everything(store, QUEUE)) == [7, 8]
    other = QUEUE._replace(name="other")
    for _ in range(2):
        store.messages.post(other, numbered_messages(1), client_id=PRODUCER, token=TOKEN, memory=60)
    assert numbers(everything(store, other)) == [0]
    assert store.records.stats(other).discarded == 0


def test_it_can_be_taken_back(old, config):
    command.upgrade(config, "0004")
    command.downgrade(config, "0003")

    with contextlib.closing(sqlite3.connect(old)) as file:
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
        assert {"notices_expiry", "messages_ready"} <= names
        assert not {"redrives", "remembered_posts"} & names
        assert file.execute("SELECT count(*) FROM notices").fetchone() == (2,)
        columns = [row[1] for row in file.execute("PRAGMA table_info(messages)")]
        assert columns[-1] == "body"
