"""Models as JSON documents and back, the same for every transport.

Message bodies pass through as the bytes that were posted: nothing here parses or rewrites them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from zaqar.errors import Invalid, InvalidBody
from zaqar.models import Claim, Kind, Message, MessageMark, PostedMessage, Queue, QueueKey, Stats
from zaqar.operations.signatures import Signature
from zaqar.transport import json_text, paths

Unset = msgspec.UnsetType
UNSET = msgspec.UNSET
encode = msgspec.json.Encoder().encode


class _Posted(msgspec.Struct):
    body: msgspec.Raw
    ttl: int | Unset = UNSET
    delay: int | Unset = UNSET


class _Post(msgspec.Struct):
    messages: list[_Posted] | Unset = UNSET


class _ClaimTerms(msgspec.Struct):
    ttl: int | Unset = UNSET
    grace: int | Unset = UNSET


class Link(msgspec.Struct):
    """A reference to another page."""

    rel: str
    href: str


class _Message(msgspec.Struct):
    """compat: http K-1: a client fails on any member besides these."""

    id: str
    href: str
    ttl: int
    age: int
    body: msgspec.Raw
    checksum: str | Unset = UNSET


class _Popped(msgspec.Struct):
    id: str
    ttl: int
    age: int
    body: msgspec.Raw
    claim_id: str | None
    claim_count: int
    checksum: str | Unset = UNSET


class _Messages(msgspec.Struct):
    messages: list[_Message] | list[_Popped]
    links: list[Link] | Unset = UNSET


class _Claim(msgspec.Struct):
    age: int
    ttl: int
    messages: list[_Message]
    href: str


_SHARE = frozenset(("paths", "methods", "expires"))
_POST = msgspec.json.Decoder(_Post)
_CLAIM_TERMS = msgspec.json.Decoder(_ClaimTerms)


def decode_post(data: bytes) -> list[PostedMessage]:
    """Return the messages of a post (http M-6, M-13)."""
    document = json_text.decode(data, _POST)
    if isinstance(document.messages, Unset):
        raise Invalid('The body has no member messages, as in {"messages": [{"body": "hello"}]}.')
    return [PostedMessage(bytes(new.body), _given(new.ttl), _given(new.delay)) for new in document.messages]


def decode_claim_terms(data: bytes) -> tuple[int | None, int | None]:
    """Return ttl and grace, None where they are not given (http C-2)."""
    document = json_text.decode(data, _CLAIM_TERMS)
    return _given(document.ttl), _given(document.grace)


def decode_purge(data: bytes) -> object:
    """Return what is to be purged (http Q-26)."""
    document = json_text.decode_object(data)
    if "resource_types" not in document:
        raise Invalid('The body has no member resource_types, as in {"resource_types": ["messages"]}.')
    return document["resource_types"]


def decode_share(data: bytes) -> dict[str, Any]:
    """Return what is to be signed: paths, methods and expires, as far as they are given (http U-1)."""
    document = json_text.decode_object(data)
    if not document.keys() <= _SHARE:
        raise Invalid(f"The body may only have the members {', '.join(sorted(_SHARE))}.")
    return document


def decode_patch(data: bytes) -> list[Any]:
    """Return the operations of a patch (http Q-34)."""
    document = json_text.decode_any(data)
    if not isinstance(document, list):
        raise InvalidBody(
            "Document type not supported. A patch is an array of operations, as in "
            '[{"op": "replace", "path": "/metadata/owner", "value": "payments"}].'
        )
    return document


def message(path: str, shown: Message) -> bytes:
    """Encode one message; ``path`` is that of the queue's messages."""
    return encode(_document(path, shown))


def messages(path: str, shown: Sequence[Message], links: "list[Link] | None" = None) -> bytes:
    """Encode a page, a claim's or a by-ids answer; links only where they are part of it."""
    return encode(_Messages([_document(path, one) for one in shown], UNSET if links is None else links))


def popped(shown: Sequence[Message]) -> bytes:
    """Encode what was popped (http M-3)."""
    return encode(
        _Messages(
            [
                _Popped(
                    one.id,
                    one.ttl,
                    one.age,
                    msgspec.Raw(one.body),
                    one.claim_id,
                    one.claim_count,
                    UNSET if one.checksum is None else one.checksum,
                )
                for one in shown
            ]
        )
    )


def claim(path: str, href: str, shown: Claim) -> bytes:
    """Encode a claim with its messages (http C-12)."""
    return encode(_Claim(shown.age, shown.ttl, [_document(path, one) for one in shown.messages], href))


def queues(kind: Kind, shown: Sequence[Queue], links: list[Link], *, is_detailed: bool, count: int | None) -> bytes:
    """Encode a page of queues, or topics (http Q-3, Q-9)."""
    path = paths.queues(kind)
    entries: list[dict[str, Any]] = [{"name": queue.name, "href": f"{path}/{queue.name}"} for queue in shown]
    if is_detailed:
        for entry, queue in zip(entries, shown, strict=True):
            entry["metadata"] = queue.metadata
    document: dict[str, Any] = {f"{kind}s": entries, "links": links}
    if count:
        document["count"] = count
    return encode(document)


def signature(shown: Signature) -> bytes:
    """Encode a signature with what it opens (http U-5)."""
    grant = shown.grant
    document = {
        "paths": grant.paths,
        "methods": grant.methods,
        "project": grant.project,
        "expires": grant.expires_text,
        "signature": shown.text,
    }
    return encode(document)


def stats(queue: QueueKey, shown: Stats) -> bytes:
    """Encode statistics (http Q-22, Q-23, T-6)."""
    path = paths.messages(queue)
    parts: dict[str, Any] = {"claimed": shown.claimed, "free": shown.free} if queue.kind == "queue" else {}
    counters = {**parts, "total": shown.total}
    for name, mark in (("oldest", shown.oldest), ("newest", shown.newest)):
        if mark is not None:
            counters[name] = _mark(path, mark)
    return encode({"messages": counters})


NO_STATS = encode({"messages": {"claimed": 0, "free": 0, "total": 0}})
"""The statistics of a queue, or a topic, that does not exist (http Q-25, T-6)."""


def href(path: str, shown: Message) -> str:
    """Return where a message is; compat: http K-2: ``claim_id`` is the last and only parameter."""
    return f"{path}/{shown.id}" if shown.claim_id is None else f"{path}/{shown.id}?claim_id={shown.claim_id}"


def time(seconds: int) -> str:
    """Return a second since 1970 as UTC (http Q-23)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _document(path: str, shown: Message) -> _Message:
    return _Message(
        shown.id,
        href(path, shown),
        shown.ttl,
        shown.age,
        msgspec.Raw(shown.body),
        UNSET if shown.checksum is None else shown.checksum,
    )


def _mark(path: str, mark: MessageMark) -> dict[str, Any]:
    return {"age": mark.age, "created": time(mark.created), "href": f"{path}/{mark.id}"}


def _given(value: "int | Unset") -> int | None:
    return None if isinstance(value, Unset) else value
