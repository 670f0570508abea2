"""Names and projects that could be taken for something else. W-R12."""

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, ids, listed, numbers, post
from tests.storage.redis.structures import Structures
from zaqar.storage.ids import named
from zaqar.storage.redis.keys import keys_of, queue_of

NAMES = [
    "q",
    "a.b",
    "a.b.c",
    "q.messages",
    "q.claims",
    "q:messages",
    "queues_set",
    "pools",
    "q.rank_counter",
    "messages",
    "names",
    "{q}",
    "{",
    "}",
    "}:ready",
    "%",
    "%2E",
    "%7B",
    "a/b",
    "a\\b",
    "*",
    "?",
    "[a-z]",
    "-",
    "_",
    "+inf",
    "(a",
    "a b",
    "a\r\nb",
    "\0",
    "ü",
    "u\u0308",
    "\N{PILE OF POO}",
    "0",
    "-1",
    "n" * 64,
]
PROJECTS = ["", "p", "p.q", "p:q", "p/q", "{p}", "}", "%", "%2F", "*", "ü€", " ", "project:with:colons", "x" * 256]


@pytest.fixture
def every(store, management):
    """All names in one project, and one name in all projects, each queue with one message."""
    keys = [queue_key(project="p.q", name=name) for name in NAMES]
    keys += [queue_key(project=project, name="q") for project in PROJECTS if project != "p.q"]
    for number, key in enumerate(keys):
        store.records.create(key)
        assert management.queues.create(key, {"number": number})
        assert post(store, key, new_message(str(number).encode()))
    return keys


def test_each_queue_shows_its_own_message_and_metadata(store, management, every):
    """W-R12: queues shared what they should not when names ran into one another."""
    assert [numbers(listed(store, key)) for key in every] == [[number] for number in range(len(every))]
    assert [management.queues.get(key).metadata["number"] for key in every] == list(range(len(every)))


def test_a_listing_of_queues_shows_every_name_as_it_was_given(management, every):
    """W-R12: it showed ``a`` for ``a.b.c``, and was broken for good by a queue called ``queues_set``."""

    def listing(marker, limit):
        return management.queues.list("p.q", marker=marker, limit=limit, name_contains=None, metadata={})

    whole = [queue.name for queue in listing(None, 1000)]
    paged = []
    while page := listing(paged[-1] if paged else None, 7):
        paged += [queue.name for queue in page]

    assert whole == paged == sorted(NAMES, key=str.encode)
    assert management.queues.count("p.q") == len(NAMES)
    for project in PROJECTS:
        assert management.queues.count(project) == (len(NAMES) if project == "p.q" else 1)


def test_what_is_done_to_one_queue_is_done_to_no_other(store, management, every):
    """W-R12."""
    for key in every[::2]:
        store.records.purge(key)
        store.records.delete(key)
        management.queues.delete(key)

    assert [len(listed(store, key)) for key in every] == [0, 1] * (len(every) // 2) + [0] * (len(every) % 2)
    assert management.queues.count("p.q") == len(NAMES) // 2
    assert [management.queues.get(key).metadata["number"] for key in every[1::2]] == list(range(1, len(every), 2))


def test_a_key_tells_its_queue(every):
    """W-R12: the sweep and dead letters find a queue by its key."""
    for queue in every:
        assert {queue_of(key) for key in keys_of(queue)} == {queue}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_dead_letters_arrive_whatever_their_queue_is_called(store, queue, name):
    """W-R12, W-R22: the target of a dotted name was another queue."""
    dead = queue_key(name=name)
    store.records.create(dead)
    post(store, queue, new_message())
    store.claims.release(queue, named(claim(store, queue).id))

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    assert len(listed(store, dead)) == 1
    assert everything(store, queue) == []


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: f"{project!a:.20}")
def test_everything_works_in_every_project(store, project, client):
    """W-R12."""
    key = queue_key(project=project, name="a.b")
    store.records.create(key)
    post(store, key, *numbered_messages(4))
    held = claim(store, key, limit=2)
    store.messages.delete(key, named(held.messages[0].id), claim_id=named(held.id))
    store.claims.renew(key, named(held.id), ttl=900, grace=60)

    assert ids(store.claims.get(key, named(held.id)).messages) == ids(held.messages)[1:]
    assert store.records.stats(key).total == 3
    Structures(client, key).check()
    assert len(store.messages.pop(key, limit=10)) == 2
