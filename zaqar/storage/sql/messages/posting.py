"""Posting: new messages, and the notice that tells the queue's subscribers of them."""

from collections.abc import Sequence
from operator import attrgetter

import sqlalchemy as sa

from zaqar.models import Audience, NewMessage, Posted, Purpose
from zaqar.storage.ids import format_id
from zaqar.storage.origins import encode_origin
from zaqar.storage.sql.messages.encoding import encode_messages, encode_notice
from zaqar.storage.sql.schema import MESSAGES, NEW_MESSAGE
from zaqar.storage.sql.sqlite.session import Known, Transaction
from zaqar.storage.sql.statement import Statement, constant

_INSERT_DEAD_LETTER = Statement(
    sa.insert(MESSAGES).values(
        {name: sa.bindparam(name) for name in (*NEW_MESSAGE, "origin")}
        | {"claim": sa.null(), "claim_count": constant(0)}
    )
)

_origin_of = attrgetter("origin")


def insert(
    transaction: Transaction,
    record: Known,
    new: Sequence[NewMessage],
    *,
    client_id: str,
    token: str,
    audience: Audience = "everybody",
) -> Posted:
    """Append messages to a queue, and a notice to its log while somebody is subscribed."""
    now = transaction.now
    first = transaction.allocate(len(new))
    rows = encode_messages(new, first=first, record=record.id, now=now, client_id=client_id, token=token)
    if any(map(_origin_of, new)):
        _insert_dead_letters(transaction, new, rows)
    else:
        transaction.add_messages(rows)
    transaction.count(record.id, total=len(new))
    has_notice = record.notify_until > now and audience != "nobody"
    if has_notice:
        purpose: Purpose = "copy" if audience == "all but queues" else "post"
        source = record.source
        transaction.add_notice(encode_notice(new, first=first, source=source, now=now, token=token, purpose=purpose))
    return Posted(ids(first, token, len(new)), has_notice)


def ids(first: int, token: str, count: int) -> list[str]:
    """Return the ids of messages that were posted together."""
    return [format_id(position, token) for position in range(first, first + count)]


def _insert_dead_letters(
    transaction: Transaction, new: Sequence[NewMessage], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert messages of which some have an origin. Not merged with those of other posts, which have none."""
    transaction.run_for_each(
        _INSERT_DEAD_LETTER,
        [
            dict(zip(NEW_MESSAGE, row, strict=True), origin=encode_origin(message.origin) if message.origin else None)
            for message, row in zip(new, rows, strict=True)
        ],
    )
