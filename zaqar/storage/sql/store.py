"""The message store: each method names its step and says whether the queue must be settled first."""

import contextlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from zaqar.errors import ClaimNotFound, QueueNotFound, Unavailable
from zaqar.models import Claim, DeadLetterRule, Message, NewMessage, QueueKey, Stats
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import Id, MalformedId, parse_id, parse_ids
from zaqar.storage.sql import claims, expiry, messages, records, statistics, sweep
from zaqar.storage.sql.connection import Database
from zaqar.storage.sql.schema import CLAIMED, DELAYED, READY
from zaqar.storage.sql.session import Session, Transaction

Result = TypeVar("Result")


class SqlMessageStore(MessageStore):
    """Messages and claims in one SQLite file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_queue(self, queue: QueueKey) -> None:
        """Make the record of the queue."""
        self._database.write(lambda transaction: records.create(transaction, queue), adds=True)

    def delete_queue(self, queue: QueueKey) -> None:
        """Remove the record, and with it what is not more than a batch; the sweep reclaims the rest."""

        def step(transaction: Transaction) -> None:
            record = records.drop(transaction, queue)
            if expiry.remove_all(transaction, record) < expiry.BATCH:
                records.forget(transaction, record)

        with contextlib.suppress(QueueNotFound):
            self._database.write(step)

    def purge_messages(self, queue: QueueKey) -> None:
        """Remove what is not more than a batch; where there is more, give the queue a new record."""

        def step(transaction: Transaction) -> None:
            record = records.known(transaction, queue)
            if expiry.remove_all(transaction, record) == expiry.BATCH:
                records.replace(transaction, queue)

        with contextlib.suppress(QueueNotFound):
            self._database.write(step)

    def stats(self, queue: QueueKey) -> Stats:
        """Return the counters of the queue's record, and its ends."""
        self._settle(queue)
        return self._database.read(lambda session: statistics.stats(session, queue))

    def post(self, queue: QueueKey, new: Sequence[NewMessage], *, client_id: str, token: str) -> list[str]:
        """Append messages. The embedded store never loses an answer, so it need not remember the token."""

        def step(transaction: Transaction) -> list[str]:
            record = records.known(transaction, queue)
            return messages.insert(transaction, record, new, client_id=client_id, token=token)

        return self._database.write(step, adds=True)

    def list_messages(
        self,
        queue: QueueKey,
        *,
        marker: str | None,
        limit: int,
        hidden_client_id: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> list[Message]:
        """Return a page."""
        states = (READY, *([DELAYED] if include_delayed else []), *([CLAIMED] if include_claimed else []))
        try:
            after = parse_id(marker).position if marker is not None else 0
            question = partial(
                messages.listed,
                queue=queue,
                after=after,
                limit=limit,
                hidden_client_id=hidden_client_id,
                states=states,
            )
            while (page := self._database.read(question)) is None:
                if not self._settle(queue):
                    return self._database.read(partial(question, is_settled=True)) or []
        except (MalformedId, QueueNotFound):
            return []
        return page

    def get_messages(self, queue: QueueKey, ids: Sequence[str]) -> list[Message]:
        """Return those that exist."""
        names = parse_ids(ids)
        try:
            return self._database.read(lambda session: messages.found(session, records.find(session, queue), names))
        except QueueNotFound:
            return []

    def delete_message(self, queue: QueueKey, message_id: str, *, claim_id: str | None) -> None:
        """Delete one; a malformed claim id is that of a claim that does not exist."""
        try:
            name = parse_id(message_id)
            claim = _claim(claim_id)
            self._database.write(
                lambda transaction: messages.delete(transaction, records.known(transaction, queue), name, claim)
            )
        except (MalformedId, QueueNotFound):
            return

    def delete_messages(self, queue: QueueKey, ids: Sequence[str], *, claim_ids: Sequence[str] | None) -> None:
        """Delete many."""
        names = parse_ids(ids)
        try:
            self._database.write(
                lambda transaction: messages.delete_many(
                    transaction, records.known(transaction, queue), names, claim_ids
                )
            )
        except QueueNotFound:
            return

    def pop_messages(self, queue: QueueKey, *, limit: int) -> list[Message]:
        """Take the first messages that are ready."""
        try:
            return self._write_settled(queue, lambda transaction, record: messages.pop(transaction, record, limit))
        except QueueNotFound:
            return []

    def create_claim(
        self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None
    ) -> Claim:
        """Claim the first messages that are ready."""
        terms = claims.Terms(ttl, grace, limit, dead_letter)
        deadline = time.monotonic() + claims.PATIENCE
        claim, is_ended = claims.NOTHING, False
        try:
            while not is_ended:
                step = partial(claims.take, terms=terms, so_far=claim, is_last=time.monotonic() >= deadline)
                claim, is_ended = self._write_settled(queue, step)
                if not is_ended:
                    time.sleep(sweep.PAUSE)
        except QueueNotFound as error:
            if error.queue == queue:
                return claims.NOTHING
            raise
        return claim

    def get_claim(self, queue: QueueKey, claim_id: str) -> Claim:
        """Return a live claim."""
        try:
            claim = parse_id(claim_id)

            def question(session: Session) -> Claim:
                with session.snapshot():
                    return claims.get(session, records.find(session, queue), claim)

            return self._database.read(question)
        except (MalformedId, QueueNotFound):
            raise ClaimNotFound("The claim does not exist or has expired.") from None

    def renew_claim(self, queue: QueueKey, claim_id: str, *, ttl: int, grace: int) -> None:
        """Give a live claim a new end."""
        try:
            claim = parse_id(claim_id)
            self._database.write(
                lambda transaction: claims.renew(
                    transaction, records.known(transaction, queue), claim, ttl=ttl, grace=grace
                )
            )
        except (MalformedId, QueueNotFound):
            raise ClaimNotFound("The claim does not exist or has expired.") from None

    def release_claim(self, queue: QueueKey, claim_id: str) -> None:
        """End a claim."""
        try:
            claim = parse_id(claim_id)
            self._database.write(
                lambda transaction: claims.release(transaction, records.known(transaction, queue), claim)
            )
        except (MalformedId, QueueNotFound, ClaimNotFound):
            return

    def sweep(self) -> int:
        """Reclaim what has expired in every queue."""
        return sweep.sweep(self._database)

    def is_alive(self) -> bool:
        """Tell whether the file can be read."""
        return self._database.is_alive()

    def complaint(self) -> str:
        """Say what is wrong with the file."""
        return self._database.complaint()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _write_settled(self, queue: QueueKey, step: Callable[[Transaction, int], Result]) -> Result:
        """Run ``step`` with the queue settled; settling more than a batch takes several transactions."""

        def settle_then_step(transaction: Transaction) -> tuple[bool, Result | None]:
            if queue not in transaction.settled:
                if not expiry.settle(transaction, records.look(transaction, queue)):
                    return False, None
                transaction.settled.add(queue)
            return True, step(transaction, records.known(transaction, queue))

        while True:
            is_settled, result = self._database.write(settle_then_step)
            if is_settled:
                return result  # type: ignore[return-value]
            time.sleep(sweep.PAUSE)

    def _settle(self, queue: QueueKey) -> bool:
        """Settle the queue, and remove a batch of what has expired; tell whether that could be written.

        It cannot on a full disk, or while another process has the lock; what is there can be read all the same.
        """
        record = self._database.read(lambda session: records.look(session, queue))
        if not record.is_settled or record.has_expired:
            try:
                self._write_settled(queue, lambda *_: None)
            except Unavailable:
                return False
        return True


def _claim(claim_id: str | None) -> Id | None:
    """Return the parts of a claim's id; of a malformed one, those of no claim there ever was."""
    if claim_id is None:
        return None
    try:
        return parse_id(claim_id)
    except MalformedId:
        return Id(0, "")
