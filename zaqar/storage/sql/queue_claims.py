"""The claims of a queue: each verb is one step, or several where dead letters have to move."""

import contextlib
import time
from functools import partial

from zaqar.errors import ClaimNotFound, QueueNotFound
from zaqar.models import Claim, DeadLetterRule, QueueKey
from zaqar.storage import contract, refusals
from zaqar.storage.ids import Id
from zaqar.storage.sql import claims, records, sweep
from zaqar.storage.sql.connection import Database
from zaqar.storage.sql.session import Session
from zaqar.storage.sql.settling import Settling


class QueueClaims(contract.Claims):
    """The claims in one database."""

    def __init__(self, database: Database, settling: Settling) -> None:
        self._database = database
        self._settling = settling

    def create(self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None) -> Claim:
        """Claim the first messages that are ready."""
        terms = claims.Terms(ttl, grace, limit, dead_letter)
        deadline = time.monotonic() + claims.PATIENCE
        claim, is_ended = refusals.NOTHING, False
        try:
            while not is_ended:
                step = partial(claims.take, terms=terms, so_far=claim, is_last=time.monotonic() >= deadline)
                claim, is_ended = self._settling.write(queue, step)
                if not is_ended:
                    time.sleep(sweep.PAUSE)
        except QueueNotFound as error:
            if error.queue == queue:
                return refusals.NOTHING
            raise
        return claim

    def get(self, queue: QueueKey, claim_id: Id) -> Claim:
        """Return a live claim."""

        def question(session: Session) -> Claim:
            with session.snapshot():
                return claims.get(session, records.find(session, queue), claim_id)

        try:
            return self._database.read(question)
        except QueueNotFound:
            raise refusals.no_claim() from None

    def renew(self, queue: QueueKey, claim_id: Id, *, ttl: int, grace: int) -> None:
        """Give a live claim a new end."""
        try:
            self._database.write(
                lambda transaction: claims.renew(
                    transaction, records.known(transaction, queue), claim_id, ttl=ttl, grace=grace
                )
            )
        except QueueNotFound:
            raise refusals.no_claim() from None

    def release(self, queue: QueueKey, claim_id: Id) -> None:
        """End a claim."""
        with contextlib.suppress(QueueNotFound, ClaimNotFound):
            self._database.write(
                lambda transaction: claims.release(transaction, records.known(transaction, queue), claim_id)
            )
