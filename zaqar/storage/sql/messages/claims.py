"""The claims of a queue: each verb is one step, or several where dead letters have to move."""

import contextlib
import time
from functools import partial

from zaqar.errors import ClaimNotFound, QueueNotFound
from zaqar.models import Claim, DeadLetterRule, QueueKey
from zaqar.storage import contract, refusals
from zaqar.storage.ids import Id
from zaqar.storage.sql.messages import due, holding, lookup, taking
from zaqar.storage.sql.messages.settling import Settling
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.session import Session

PATIENCE = 1.0
"""Seconds that a claim moves dead letters before it returns what it has."""


class QueueClaims(contract.Claims):
    """The claims in one database."""

    def __init__(self, database: Database, settling: Settling) -> None:
        self._database = database
        self._settling = settling

    def create(self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None) -> Claim:
        """Claim the first messages that are ready."""
        terms = taking.Terms(queue, ttl, grace, limit, dead_letter)
        deadline = time.monotonic() + PATIENCE
        claim, is_ended = refusals.NOTHING, False
        try:
            while not is_ended:
                step = partial(taking.claim, terms=terms, so_far=claim, is_last=time.monotonic() >= deadline)
                claim, is_ended = self._settling.write(queue, step)
                if not is_ended:
                    time.sleep(due.PAUSE)
        except QueueNotFound as error:
            if error.queue == queue:
                return refusals.NOTHING
            raise
        return claim

    def get(self, queue: QueueKey, claim_id: Id) -> Claim:
        """Return a live claim."""

        def question(session: Session) -> Claim:
            with session.snapshot():
                return holding.get(session, lookup.find(session, queue), claim_id)

        try:
            return self._database.read(question)
        except QueueNotFound:
            raise refusals.no_claim() from None

    def renew(self, queue: QueueKey, claim_id: Id, *, ttl: int, grace: int) -> None:
        """Give a live claim a new end."""
        try:
            self._database.write(
                lambda transaction: holding.renew(
                    transaction, lookup.known(transaction, queue), claim_id, ttl=ttl, grace=grace
                )
            )
        except QueueNotFound:
            raise refusals.no_claim() from None

    def release(self, queue: QueueKey, claim_id: Id) -> None:
        """End a claim."""
        with contextlib.suppress(QueueNotFound, ClaimNotFound):
            self._database.write(
                lambda transaction: holding.release(transaction, lookup.known(transaction, queue), claim_id)
            )
