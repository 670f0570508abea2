"""What a model is as a row, and a row as a model; the same for every SQL database."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from zaqar.models import (
    DeadLetterRule,
    Message,
    MessageDetails,
    MessageMark,
    NewMessage,
    Notice,
    NoticedMessage,
    Origin,
    Purpose,
    QueueKey,
)
from zaqar.storage.ids import format_id
from zaqar.storage.origins import decode_origin, encode_origin
from zaqar.storage.sql.schema import CLAIMS, DEAD_LETTER_RULES, DELAYED, MESSAGES, NOTICES, READY
from zaqar.storage.sql.statement import Row
from zaqar.storage.subscription_documents import audience, audience_word


class Shown(NamedTuple):
    """The columns that make a message, in the order of ``SHOWN``."""

    position: int
    token: str
    created: int
    ttl: int
    claim_count: int
    checksum: str | None
    body: bytes


SHOWN = tuple(MESSAGES.c[name] for name in Shown._fields)
DETAILED = (*SHOWN, CLAIMS.c.id, CLAIMS.c.token, CLAIMS.c.expires, MESSAGES.c.due, MESSAGES.c.origin)
"""All that is known of a message, and of the live claim that holds it."""
NOTICED = tuple(NOTICES.c[name] for name in ("position", "created", "token", "subscription", "messages"))
MARKED = (MESSAGES.c.position, MESSAGES.c.token, MESSAGES.c.created)
"""What the statistics show of a message."""
RULE = tuple(DEAD_LETTER_RULES.c[name] for name in ("project", "kind", "name", "max_claim_count", "ttl"))

_NO_QUEUE = QueueKey("", "")
"""What a rule says that throws messages away: no queue has such a name."""

_notices = msgspec.msgpack.Encoder()
_Noticed = tuple[bytes, int, int]
_noticed = msgspec.msgpack.Decoder(list[_Noticed])


def encode_messages(
    new: Sequence[NewMessage], *, first: int, record: int, now: int, client_id: str, token: str
) -> list[tuple[Any, ...]]:
    """Return the rows of messages that are posted together at the positions from ``first`` on, as ``NEW_MESSAGE`` has them."""
    return [
        (
            position,
            record,
            DELAYED if message.delay else READY,
            now + message.delay if message.delay else None,
            now + message.ttl,
            now,
            message.ttl,
            client_id,
            token,
            message.checksum,
            message.body,
        )
        for position, message in enumerate(new, first)
    ]


def encode_notice(
    new: Sequence[NewMessage],
    *,
    first: int,
    source: int | None,
    now: int,
    token: str,
    purpose: Purpose = "post",
    subscription_id: str | None = None,
) -> tuple[Any, ...]:
    """Return the row of ``NOTICES`` that tells of messages which are posted together at the positions from ``first`` on."""
    word = None if purpose == "post" else audience_word(purpose, subscription_id)  # as most are: it takes no room
    noticed = [(message.body, message.ttl, message.delay) for message in new]
    if purpose == "redelivery":
        noticed += [_behind(message.origin) for message in new if message.origin is not None]
    return (
        first + len(new) - 1,
        source,
        now,
        now + max([message.ttl for message in new]),
        token,
        word,
        _notices.encode(noticed),
    )


def decode_notice(row: Row) -> Notice:
    """Return a row of ``NOTICED`` as the notice."""
    last, created, token, word, text = row
    found = _noticed.decode(text)
    purpose, subscription_id = ("post", None) if word is None else audience(word)
    messages = [_redelivered(*found)] if purpose == "redelivery" else [NoticedMessage(*message) for message in found]
    return Notice(last - len(messages) + 1, token, created, messages, subscription_id, purpose)


def decode_messages(rows: Sequence[Row], now: int, claim_id: str | None = None) -> list[Message]:
    """Return rows of ``SHOWN`` as messages, all of them held by one claim or by none."""
    # The id is spelt out, and all are made in one expression: a call less for each message, which is felt.
    return [
        Message(
            f"{position:014x}{token}", body, ttl, now - created if now > created else 0, claim_id, claim_count, checksum
        )
        for position, token, created, ttl, claim_count, checksum, body in rows
    ]


def decode_message(row: Row, now: int) -> Message:
    """Return as a message a row of ``SHOWN`` and the two parts of its live claim's id, which are None without a claim."""
    *shown, claim, claim_token = row
    return decode_messages([shown], now, None if claim is None else format_id(claim, claim_token))[0]


def decode_details(row: Row, now: int) -> MessageDetails:
    """Return a row of ``DETAILED`` as what is known of the message."""
    *shown, claim, claim_token, claimed_until, due, origin = row
    return MessageDetails(
        decode_message([*shown, claim, claim_token], now),
        claimed_until=claimed_until,
        due=due if due is not None and due > now else None,
        origin=decode_origin(origin),
    )


def decode_mark(row: Row, now: int) -> MessageMark:
    """Return a row of ``MARKED`` as what the statistics show."""
    position, token, created = row
    return MessageMark(format_id(position, token), max(0, now - created), created)


def position_of(row: Row) -> int:
    """Return what orders the rows of a queue: their first column."""
    position: int = row[0]
    return position


def encode_positions(positions: Sequence[int]) -> str:
    """Return the text in which a claim keeps the positions that it took."""
    return json.dumps(positions)


def decode_positions(text: str) -> list[int]:
    """Return the positions that a claim took."""
    positions: list[int] = json.loads(text)
    return positions


def encode_rule(record: int, rule: DeadLetterRule) -> dict[str, Any]:
    """Return the row that notes the rule of a queue, given by its record's id."""
    queue = rule.queue or _NO_QUEUE
    return {**queue._asdict(), "queue": record, "max_claim_count": rule.max_claim_count, "ttl": rule.ttl}


def decode_rule(row: Row) -> DeadLetterRule:
    """Return a row of ``RULE`` as the rule."""
    project, kind, name, max_claim_count, ttl = row
    queue = QueueKey(project, name, kind)
    return DeadLetterRule(None if queue == _NO_QUEUE else queue, max_claim_count, ttl)


def _behind(origin: Origin) -> _Noticed:
    """Return the origin of a redelivery as one message more behind its only one.

    Older releases, which pass redeliveries over, can read the notice so.
    """
    return encode_origin(origin), 0, 0


def _redelivered(message: _Noticed, origin: _Noticed | None = None) -> NoticedMessage:
    return NoticedMessage(*message, None if origin is None else decode_origin(origin[0]))
