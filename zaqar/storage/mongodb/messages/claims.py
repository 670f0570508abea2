"""The claims of the storage contract; what each method does is in a module of its own."""

from zaqar.models import Claim, DeadLetterRule, QueueKey
from zaqar.storage import contract
from zaqar.storage.ids import Id
from zaqar.storage.mongodb.messages import holding
from zaqar.storage.mongodb.messages.claiming import claim
from zaqar.storage.mongodb.messages.session import Session


class QueueClaims(contract.Claims):
    """The claims in one database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None) -> Claim:
        """Claim up to ``limit`` messages."""
        return claim(self._session, queue, ttl=ttl, grace=grace, limit=limit, rule=dead_letter)

    def get(self, queue: QueueKey, claim_id: Id) -> Claim:
        """Return a live claim."""
        return holding.get(self._session, queue, claim_id)

    def renew(self, queue: QueueKey, claim_id: Id, *, ttl: int, grace: int) -> None:
        """Give a live claim a new end."""
        holding.renew(self._session, queue, claim_id, ttl=ttl, grace=grace)

    def release(self, queue: QueueKey, claim_id: Id) -> None:
        """Make what a claim holds ready."""
        holding.release(self._session, queue, claim_id)
