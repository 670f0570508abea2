"""Pages that cannot be right: they are told of, and cost nobody anything whose data is elsewhere."""

import re

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, listed, numbers, post
from tests.storage.sql.batches import Batch
from zaqar.errors import Unavailable
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite import damage
from zaqar.storage.sql.sqlite.migration import prepare

MARK = b"a body that is easily found"


@pytest.fixture
def damaged(database, store, queue, path):
    """Return a queue of 500 messages whose pages are spoiled from the first to the last."""
    key, between = queue_key(), queue_key()
    store.records.create(key)
    store.records.create(between)
    post(store, key, *(new_message(b'"%s %d"' % (MARK, number), ttl=60) for number in range(500)))
    post(store, between, *numbered_messages(100, ttl=3600))  # so that no page has messages of both
    post(store, queue, *numbered_messages(300, ttl=60))
    database.close()
    content = bytearray(path.read_bytes())
    for page in {found.start() // 4096 for found in re.finditer(MARK, content)}:
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    return key


def test_a_start_says_that_there_is_damage(damaged, path, caplog):
    *_, sentence = prepare(f"sqlite:///{path}")

    assert sentence.startswith("The embedded database is damaged: ")
    assert damage.ADVICE in sentence
    assert "\n" not in sentence


def test_a_start_says_nothing_where_there_is_none_and_takes_old_word_of_it_away(path):
    path.with_name("zaqar.db-damaged").write_text("The embedded database is damaged.\n")

    assert not any("damaged:" in sentence for sentence in prepare(f"sqlite:///{path}"))
    assert not path.with_name("zaqar.db-damaged").exists()


def test_who_comes_upon_damage_lets_every_process_say_so(damaged, store, open_database):
    other = message_store(open_database())
    assert other.is_alive()

    with pytest.raises(Unavailable):
        listed(store, damaged)

    for well_informed in (store, other):
        assert not well_informed.is_alive()
        assert "damaged" in well_informed.complaint()


def test_other_queues_are_written_in_the_same_moment_as_a_damaged_one(damaged, database, store, queue):
    batch = Batch(
        database,
        lambda: post(store, queue, new_message(b"1000")),
        lambda: store.messages.pop(damaged, limit=10),
        lambda: claim(store, queue, limit=1),
    )

    assert [type(error) for error in batch.errors] == [type(None), Unavailable, type(None)]
    assert numbers(listed(store, queue))[-1] == 1000


def test_the_sweep_goes_on_with_the_other_queues(damaged, database, store, queue, clock):
    clock.move(61)

    assert store.sweep() == 300
    assert listed(store, queue) == []
    assert not store.is_alive()
