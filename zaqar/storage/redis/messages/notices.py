"""Notices as Redis keeps them: entries of a stream, made of the envelopes of messages (``key_lists.py``)."""

from collections.abc import Sequence

from zaqar.models import NewMessage, Notice, NoticedMessage
from zaqar.storage import subscription_documents as documents
from zaqar.storage.redis.messages.encoding import encoded, origin_of
from zaqar.storage.redis.server.server import Argument

KEPT = 3600
"""Seconds after the end of its last message for which a notice is kept at most."""


def notice_of(entry: tuple[bytes, Sequence[bytes]]) -> Notice:
    """Return the notice of an entry."""
    entry_id, fields = entry
    token, word, *words = fields
    last = int(entry_id.partition(b"-")[0])
    purpose, whom = documents.audience(word.decode())
    created = 0
    messages = []
    for due, envelope in zip(words[::2], words[1::2], strict=True):
        head, _, body = envelope.partition(b"\n")
        written, ttl, *_ = head.split(b" ")
        created = int(written)
        origin = origin_of(head) if purpose == "redelivery" else None
        messages.append(NoticedMessage(body, int(ttl), 0 if due == b"-" else int(due) - created, origin))
    return Notice(last - len(messages) + 1, token.decode(), created, messages, whom, purpose)


def addressed(message: NewMessage, *, now: int) -> tuple[int, Argument, Argument]:
    """Return a message as ``address`` takes it: when its notice is of no use any more, when it is due, its envelope."""
    gone, due, envelope = encoded([message], now=now, client_id="")
    return int(gone) + KEPT, due or "-", envelope
