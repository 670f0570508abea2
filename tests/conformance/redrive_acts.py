"""What tests do with redrives, with the arguments filled in that a test does not care about."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.builders import new_token, queue_key
from tests.conformance.acts import PRODUCER, WELL_FORMED
from tests.conformance.outbox_acts import HOLDER
from zaqar.models import Kind, NewMessage, Origin, QueueKey, Reason, Redrive, RedriveTerms
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import named

MOST_STEPS = 1000


def queue_beside(store: MessageStore, queue: QueueKey, *, name: str | None = None, kind: Kind = "queue") -> QueueKey:
    """Return another queue of the project, which can be posted to."""
    key = queue_key(project=queue.project, name=name, kind=kind)
    store.records.create(key)
    return key


def origin_in(
    source: QueueKey,
    *,
    reason: Reason = "max_claim_count",
    ttl: int = 600,
    subscription_id: str | None = None,
    redriven: int = 0,
) -> Origin:
    """Return the origin of a dead letter from a queue."""
    return Origin(
        queue=source.name,
        kind=source.kind,
        reason=reason,
        attempts=3,
        at=1,
        ttl=ttl,
        message_id=WELL_FORMED,
        answer="500, Internal Server Error",
        subscription_id=subscription_id,
        redriven=redriven,
    )


def dead_letters(origin: Origin | None, count: int, *, first: int = 0, ttl: int = 3600) -> list[NewMessage]:
    """Return messages whose bodies are numbers, each with the origin."""
    return [NewMessage(str(number).encode(), ttl, origin=origin) for number in range(first, first + count)]


def bury(store: MessageStore, dead: QueueKey, *messages: NewMessage) -> list[str]:
    """Post dead letters as the service does, which tells nobody; return the ids."""
    posted = store.messages.post(dead, messages, client_id=PRODUCER, token=new_token(), audience="nobody")
    return list(posted.ids)


def begin(store: MessageStore, dead: QueueKey, **terms: Any) -> Redrive:
    """Begin a redrive with these terms."""
    return store.redrives.create(dead, RedriveTerms(**terms), token=new_token())


def step(
    store: MessageStore, dead: QueueKey, *, holder: str = HOLDER, seconds: float = 30, limit: int = 200
) -> Redrive | None:
    """Take one step."""
    return store.redrives.step(dead, holder=holder, seconds=seconds, limit=limit)


def step_to_end(
    store: MessageStore,
    dead: QueueKey,
    *,
    holder: str = HOLDER,
    limit: int = 200,
    each: Callable[[Redrive], None] = lambda _: None,
) -> Redrive:
    """Take steps until the redrive has ended; ``each`` is told of every one."""
    for _ in range(MOST_STEPS):
        redrive = step(store, dead, holder=holder, limit=limit)
        assert redrive is not None
        each(redrive)
        if redrive.state != "running":
            return redrive
    raise AssertionError("The redrive does not come to an end.")


def redrive(store: MessageStore, dead: QueueKey, **terms: Any) -> Redrive:
    """Bring dead letters back, to the end."""
    begin(store, dead, **terms)
    return step_to_end(store, dead)


def origins(store: MessageStore, queue: QueueKey, ids: Sequence[str]) -> list[Origin | None]:
    """Return the origins of messages."""
    return [store.messages.details(queue, named(message_id)).origin for message_id in ids]
