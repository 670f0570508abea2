"""Messages as Redis keeps them: an envelope, which never changes, and a state, where there was a claim (``keys.py``)."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from zaqar.clock import age
from zaqar.models import Message, NewMessage
from zaqar.storage import names

Found = tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes | None]]
"""Ids, envelopes and states, as the scripts return them."""

Posted = list[bytes | int]
"""What the post script is given of each message: the second at which it is gone, when it is due or nothing, its envelope."""


@lru_cache(maxsize=10_000)
def client_word(client_id: str) -> bytes:
    """Return a client id as one word: it may be any text where the operator allows that."""
    return names.word_of(client_id).encode() or b"%"


def encoded(new: Iterable[NewMessage], *, now: int, client_id: str) -> Posted:
    """Return messages that are posted at the second ``now``, as the post script takes them."""
    arguments: Posted = []
    client = client_word(client_id)
    for message in new:
        checksum = message.checksum.encode() if message.checksum else b"-"
        due: bytes | int = now + message.delay if message.delay else b""
        arguments += (now + message.ttl, due, _envelope(now, message.ttl, checksum, client, message.body))
    return arguments


def moved(envelope: bytes, *, ttl: int, now: int) -> Posted:
    """Return a message that moves to another queue at the second ``now``, as the post script takes it."""
    head, _, body = envelope.partition(b"\n")
    _, _, checksum, client = head.split(b" ")
    return [now + ttl, b"", _envelope(now, ttl, checksum, client, body)]


def decoded(found: Found, now: int) -> list[Message]:
    """Return what the scripts found at the second ``now``."""
    return [_message(*parts, now) for parts in zip(*found, strict=True)]


def _envelope(created: int, ttl: int, checksum: bytes, client: bytes, body: bytes) -> bytes:
    """Return what never changes of a message; ``checksum`` and ``client`` are words."""
    return b"%d %d %s %s\n%s" % (created, ttl, checksum, client, body)


def _message(id_: bytes, envelope: bytes, state: bytes | None, now: int) -> Message:
    head, _, body = envelope.partition(b"\n")
    created, ttl, checksum, _ = head.split(b" ")
    shown_checksum = None if checksum == b"-" else checksum.decode()
    passed = age(now, int(created))
    if state is None:
        return Message(id_.decode(), body, int(ttl), passed, None, 0, shown_checksum)
    count, claim, changed_ttl = state.split(b" ")
    return Message(
        id_.decode(),
        body,
        int(ttl if changed_ttl == b"-" else changed_ttl),
        passed,
        None if claim == b"-" else claim.decode(),
        int(count),
        shown_checksum,
    )
