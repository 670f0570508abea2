"""Messages as Redis keeps them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from zaqar.clock import age
from zaqar.models import Message, NewMessage
from zaqar.storage import names

Found = tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes | None]]
"""Ids, envelopes and states, as the scripts return them."""


@lru_cache(maxsize=10_000)
def client_word(client_id: str) -> bytes:
    """Return a client id as one word: it may be any text where the operator allows that."""
    return names.word_of(client_id).encode() or b"%"


def envelope(new: NewMessage, *, created: int, client_id: str) -> bytes:
    """Return what never changes of a message; ``checksum`` is one word."""
    return b"%d %d %s %s\n%s" % (
        created,
        new.ttl,
        new.checksum.encode() if new.checksum else b"-",
        client_word(client_id),
        new.body,
    )


def messages(found: Found, now: int) -> list[Message]:
    """Return what the scripts found."""
    return [_message(*parts, now) for parts in zip(*found, strict=True)]


def posted(new: Iterable[NewMessage], *, now: int, client_id: str) -> list[bytes | int]:
    """Return the arguments of the post script for each message."""
    arguments: list[bytes | int] = []
    for message in new:
        due: bytes | int = now + message.delay if message.delay else b""
        arguments += (now + message.ttl, due, envelope(message, created=now, client_id=client_id))
    return arguments


def _message(id_: bytes, kept: bytes, state: bytes | None, now: int) -> Message:
    head, _, body = kept.partition(b"\n")
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
