"""What one process remembers must not break what another one does (storage R6.4.2)."""

import pytest

from zaqar.context import Context
from zaqar.errors import Conflict, Unavailable
from zaqar.models import PostedMessage, QueueKey
from zaqar.storage.sql.management.queues import Queues

CALLER = Context("project", "3381af92-2b9e-11e3-b191-71861300734c", "req-1")
Q, DEAD = QueueKey(CALLER.project, "q"), QueueKey(CALLER.project, "dead")


def _post(service, queue=Q, body=b"1"):
    return service.messages.post(CALLER, queue, [PostedMessage(body)], size=10)


def _bodies(service, queue=Q):
    return [message.body for message in service.messages.list(CALLER, queue, echo=True)]


def _names(service):
    return [queue.name for queue in service.queues.list(CALLER).queues]


def test_a_post_to_a_queue_that_was_deleted_elsewhere_creates_it_again(services):
    one, two = services
    one.queues.create(CALLER, Q, {"_default_message_ttl": 60})
    _post(one)
    two.queues.delete(CALLER, Q)

    _post(one, body=b"2")

    assert _names(one) == _names(two) == ["q"]
    assert _bodies(two) == [b"2"]


def test_showing_a_queue_never_shows_what_is_remembered(services):
    one, two = services
    one.queues.create(CALLER, Q, {"a": 1})
    _post(one)
    two.queues.update(CALLER, Q, [{"op": "replace", "path": "/metadata/a", "value": 2}])

    assert one.queues.get(CALLER, Q)["a"] == 2
    assert one.queues.list(CALLER).queues[0].metadata["a"] == 2


def test_absence_is_not_remembered(services):
    one, two = services
    one.messages.list(CALLER, Q)
    one.claims.create(CALLER, Q, ttl=None, grace=None, limit=None)
    two.queues.create(CALLER, Q, {"_default_message_ttl": 99})

    _post(one)

    assert one.messages.list(CALLER, Q, echo=True)[0].ttl == 99


def test_a_dead_letter_queue_that_was_deleted_elsewhere_is_created_again(services):
    one, two = services
    one.queues.create(CALLER, Q, {"_max_claim_count": 1, "_dead_letter_queue": "dead"})
    _post(one)
    for _ in range(2):
        claim = one.claims.create(CALLER, Q, ttl=None, grace=None, limit=None)
        one.claims.release(CALLER, Q, claim.id)
    assert _bodies(one, DEAD) == [b"1"]
    two.queues.delete(CALLER, DEAD)
    _post(one, body=b"2")
    claim = one.claims.create(CALLER, Q, ttl=None, grace=None, limit=None)
    one.claims.release(CALLER, Q, claim.id)

    one.claims.create(CALLER, Q, ttl=None, grace=None, limit=None)

    assert _bodies(two, DEAD) == [b"2"]
    assert _names(two) == ["dead", "q"]


def _change_elsewhere(monkeypatch, two, times):
    """Let the other process change the queue just before each of the next writes."""
    write, left = Queues.replace_metadata, [times]

    def late(queues, queue, *, old, new):
        if left[0]:
            left[0] -= 1
            stored = queues.get(queue).metadata
            write(queues, queue, old=stored, new={**stored, f"other{left[0]}": 1})
        write(queues, queue, old=old, new=new)

    monkeypatch.setattr(Queues, "replace_metadata", late)


def test_a_change_between_reading_and_writing_is_not_lost(services, monkeypatch):
    one, two = services
    one.queues.create(CALLER, Q, {})
    _change_elsewhere(monkeypatch, two, times=2)

    shown = one.queues.update(CALLER, Q, [{"op": "add", "path": "/metadata/own", "value": 1}])

    assert {"own", "other0", "other1"} <= set(shown)
    assert shown == two.queues.get(CALLER, Q)


def test_who_is_always_too_late_may_try_again(services, monkeypatch):
    one, two = services
    one.queues.create(CALLER, Q, {})
    _change_elsewhere(monkeypatch, two, times=100)

    with pytest.raises(Unavailable):
        one.queues.update(CALLER, Q, [{"op": "add", "path": "/metadata/own", "value": 1}])
    assert "own" not in two.queues.get(CALLER, Q)


def test_a_conflict_of_the_patch_itself_is_not_tried_again(services):
    one, _ = services
    one.queues.create(CALLER, Q, {})

    with pytest.raises(Conflict):
        one.queues.update(CALLER, Q, [{"op": "remove", "path": "/metadata/none"}])
