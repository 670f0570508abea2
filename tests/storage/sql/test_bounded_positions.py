"""Ids that an older release gave while the clock stood far ahead are given anew by the migration."""

import sqlite3

import pytest
import sqlalchemy as sa
from alembic import command

from tests.builders import numbered_messages
from tests.clock import MovableClock
from tests.conformance.acts import claim, everything, ids, numbers, post
from zaqar.models import QueueKey
from zaqar.storage.ids import MAX_POSITION, named
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.migrations.settings import alembic_config
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare

QUEUE = QueueKey("project", "queue")


@pytest.fixture
def spoiled(tmp_path):
    """A store on a file of the first revision: one message from before, two from far ahead, of which one is claimed."""
    path = tmp_path / "zaqar.db"
    command.upgrade(alembic_config(sa.URL.create("sqlite", database=str(path))), "0001")
    file = sqlite3.connect(path)
    file.execute(
        "INSERT INTO records (id, project, kind, name, total, claimed) VALUES (1, 'project', 'queue', 'queue', 3, 1)"
    )
    ahead = MAX_POSITION + 10
    for position, state, held_by, body in ((1000, 0, None, "0"), (ahead, 2, ahead + 2, "1"), (ahead + 1, 0, None, "2")):
        row = (position, state, held_by, body.encode())
        file.execute(
            "INSERT INTO messages VALUES (?, 1, ?, ?, 0, NULL, 9000000000, 0, 60, 'c', '0123456789abcdef', NULL, ?)",
            row,
        )
    file.execute("INSERT INTO claims VALUES (?, 1, '0123456789abcdef', 60, 9000000000, ?)", (ahead + 2, f"[{ahead}]"))
    file.execute("UPDATE positions SET last = ?", (ahead + 2,))
    file.commit()
    file.close()
    prepare(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}", synchronous="NORMAL", clock=MovableClock())
    yield message_store(database)
    database.close()


def test_they_keep_their_order_and_can_be_deleted_by_id(spoiled):
    messages = everything(spoiled, QUEUE)
    assert numbers(messages) == [0, 1, 2]
    assert max(post(spoiled, QUEUE, *numbered_messages(1, first=3))) > max(ids(messages))

    for message in messages:
        spoiled.messages.delete(QUEUE, named(message.id), claim_id=None)

    assert numbers(everything(spoiled, QUEUE)) == [3]


def test_what_a_claim_held_that_nobody_could_name_is_ready_again(spoiled):
    assert spoiled.records.stats(QUEUE).claimed == 0
    assert numbers(claim(spoiled, QUEUE).messages) == [0, 1, 2]
