"""Answers of a server that is no primary, or not one any more: as they come over the wire, at each step that writes."""

import contextlib
import struct

import bson
import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, ids, numbers, post
from tests.integration.proxy import Fault, Proxy, proxy_to
from tests.storage.mongodb.opening import opened, warnings
from zaqar.errors import Unavailable
from zaqar.storage.ids import named, parse_ids

MESSAGE, HEADER = 2013, struct.Struct("<iiii")


ROUTER = {"ok": 1.0, "msg": "isdbgrid", "maxWireVersion": 9}


def answering(document: dict):
    """Return what answers a command with this document."""

    def answer(request: bytes) -> bytes:
        (number,) = struct.unpack_from("<i", request, 4)
        body = bytes(5) + bson.encode(document)
        return HEADER.pack(HEADER.size + len(body), 1, number, MESSAGE) + body

    return answer


def claim_to_be(proxy: Proxy, hello: dict) -> None:
    """Let the server say this of itself when the driver asks, by whichever of the two names it knows the question.

    PyMongo's own questions go by: at first it asks ``ismaster``, then it says what topology it knows.
    """
    for command in (b"\x10hello\x00", b"\x10isMaster\x00"):
        proxy.fail(Fault.REFUSE, containing=command, lacking=b"topologyVersion", answer=answering(hello))


NOT_PRIMARY = answering({"ok": 0.0, "code": 10107, "codeName": "NotWritablePrimary", "errmsg": "not primary"})
STEPPED_DOWN = answering({"ok": 0.0, "code": 189, "codeName": "PrimarySteppedDown", "errmsg": "primary stepped down"})
NO_MAJORITY = answering(
    {"ok": 1.0, "n": 1, "nModified": 1, "writeConcernError": {"code": 64, "errmsg": "replication timed out"}}
)
SHUTTING_DOWN = answering(
    {"ok": 1.0, "n": 1, "nModified": 1, "writeConcernError": {"code": 91, "errmsg": "shutdown in progress"}}
)

ANSWERS = {
    "not primary": (Fault.REFUSE, NOT_PRIMARY),
    "stepped down when done": (Fault.REPLACE, STEPPED_DOWN),
    "no majority": (Fault.REPLACE, NO_MAJORITY),
    "shutting down": (Fault.REPLACE, SHUTTING_DOWN),
}


@pytest.fixture
def proxy(server):
    with proxy_to(server.port) as proxy:
        yield proxy


@pytest.fixture
def far(proxy, name, clock):
    """A store behind the proxy, with a queue of eight messages of which a claim holds two."""
    with opened(f"mongodb://127.0.0.1:{proxy.port}", name, clock, patience=5.0) as store:
        key = queue_key()
        store.records.create(key)
        post(store, key, *numbered_messages(8))
        yield store, key, claim(store, key, limit=2)


@pytest.fixture(params=ANSWERS)
def disturb(request, proxy):
    """Let the next command that contains some bytes be answered so."""
    fault, answer = ANSWERS[request.param]
    return lambda words: proxy.fail(fault, containing=words, answer=answer)


@pytest.mark.parametrize("step", [b"$push", b"documents", b"$pull"], ids=["reserve", "insert", "publish"])
def test_a_post_is_stored_once(far, proxy, disturb, step):
    """W-M15."""
    store, queue, _ = far
    disturb(step)

    posted = post(store, queue, *numbered_messages(3, first=8))

    assert proxy.orders_left == 0
    assert numbers(everything(store, queue)) == list(range(11))
    assert ids(everything(store, queue))[8:] == posted


def test_a_claim_a_pop_and_deletions_are_done_once(far, proxy, disturb):
    """W-M15."""
    store, queue, held = far
    disturb(b"claim_count")
    taken = claim(store, queue, limit=2)
    for words, number in ((b"popped", 4), (b"deletes", 5)):
        disturb(words)
        assert numbers(store.messages.pop(queue, limit=1)) == [number]
    disturb(b"findAndModify")
    store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id))
    disturb(b"updates")
    store.messages.delete_many(queue, parse_ids(ids(taken.messages)), claim_ids=parse_ids([taken.id]))
    disturb(b"$unset")
    store.claims.release(queue, named(held.id))

    assert proxy.orders_left == 0
    assert [message.claim_count for message in taken.messages] == [1, 1]
    assert numbers(taken.messages) == [2, 3]
    assert numbers(claim(store, queue).messages) == [1, 6, 7]


def test_a_server_that_stays_a_secondary_is_unavailable_within_bounds_and_back_with_its_election(proxy, name, clock):
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(opened(f"mongodb://127.0.0.1:{proxy.port}", name, clock, patience=0.4))
        queue = queue_key()
        store.records.create(queue)
        proxy.fail(Fault.REFUSE, containing=b"$db", times=10**6, answer=NOT_PRIMARY)
        for act in (store.records.stats, store.records.purge, lambda key: post(store, key, new_message())):
            with pytest.raises(Unavailable):
                act(queue)
        proxy.pass_on()

        post(store, queue, new_message(b"1"))

        assert numbers(everything(store, queue)) == [1]


def test_a_sharded_cluster_that_cannot_look_up_in_sharded_messages_is_told(proxy):
    claim_to_be(proxy, ROUTER)

    (line,) = warnings(f"mongodb://127.0.0.1:{proxy.port}")

    assert "sharded" in line
    assert "5.1" in line
