"""Messages as Redis keeps them: an envelope, which never changes, and a state, where there was a claim (``key_lists.py``)."""

import base64
from collections.abc import Iterable, Sequence
from functools import lru_cache

from zaqar.clock import age
from zaqar.models import Message, NewMessage, Origin
from zaqar.storage import names, origins

Found = tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes | None]]
"""Ids, envelopes and states, as the scripts return them."""

Posted = list[bytes | int]
"""What the post script is given of each message: the second at which it is gone, when it is due or nothing, its envelope."""


_BEFORE_ORIGIN = b";"
"""What is in no client's word, nor in base64."""


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
        poster = client if message.origin is None else _with_origin(client, message.origin)
        arguments += (now + message.ttl, due, _envelope(now, message.ttl, checksum, poster, message.body))
    return arguments


def moved(envelope: bytes, *, ttl: int, now: int, origin: Origin | None) -> Posted:
    """Return a message that moves to another queue at the second ``now``, as the post script takes it."""
    head, _, body = envelope.partition(b"\n")
    _, _, checksum, poster = head.split(b" ")
    client, _, _ = poster.partition(_BEFORE_ORIGIN)
    if origin is not None:
        client = _with_origin(client, origin)
    return [now + ttl, b"", _envelope(now, ttl, checksum, client, body)]


def origin_of(envelope: bytes) -> Origin | None:
    """Return the origin that an envelope, or its first line, tells of."""
    _, _, _, poster = envelope.partition(b"\n")[0].split(b" ")
    _, is_told, word = poster.partition(_BEFORE_ORIGIN)
    return origins.decode_origin(base64.urlsafe_b64decode(word) if is_told else None)


def decoded(found: Found, now: int) -> list[Message]:
    """Return what the scripts found at the second ``now``."""
    return [_message(*parts, now) for parts in zip(*found, strict=True)]


def _with_origin(client: bytes, origin: Origin) -> bytes:
    return b"%s%s%s" % (client, _BEFORE_ORIGIN, base64.urlsafe_b64encode(origins.encode_origin(origin)))


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
