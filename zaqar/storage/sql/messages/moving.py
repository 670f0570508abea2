"""Moving messages behind all others of another queue, in their order: to fresh positions, under a fresh token, for a new life."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from zaqar.models import Origin
from zaqar.storage.ids import new_token
from zaqar.storage.origins import encode_origin
from zaqar.storage.sql.schema import MESSAGES
from zaqar.storage.sql.sqlite.session import Transaction
from zaqar.storage.sql.statement import Statement, constant

_MOVE = Statement(
    sa.update(MESSAGES)
    .where(MESSAGES.c.position == sa.bindparam("at"))
    .values(
        position=sa.bindparam("new_position"),
        queue=sa.bindparam("to_queue"),
        token=sa.bindparam("new_token"),
        claim_count=constant(0),
        created=sa.bindparam("new_created"),
        ttl=sa.bindparam("new_ttl"),
        expires=sa.bindparam("new_expires"),
        origin=sa.bindparam("new_origin"),
    )
)


class Move(NamedTuple):
    """A message that is ready, given by its position; the ttl that starts with the move, and the origin that it gets."""

    position: int
    ttl: int
    origin: Origin | None


def move(transaction: Transaction, moves: Sequence[Move], *, source: int, target: int) -> None:
    """Move messages from one queue to another, both given by their records."""
    if not moves:
        return
    first, now = transaction.allocate(len(moves)), transaction.now
    fixed = {"to_queue": target, "new_token": new_token(), "new_created": now}
    # Each has values of its own, and bodies that are not to pass through here: so one statement, executed for each.
    transaction.run_for_each(
        _MOVE,
        [
            {
                **fixed,
                "at": one.position,
                "new_position": position,
                "new_ttl": one.ttl,
                "new_expires": now + one.ttl,
                "new_origin": None if one.origin is None else encode_origin(one.origin),
            }
            for position, one in enumerate(moves, first)
        ],
    )
    transaction.count(source, total=-len(moves))
    transaction.count(target, total=len(moves))
