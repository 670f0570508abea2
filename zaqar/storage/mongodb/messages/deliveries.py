"""The deliveries of the storage contract; what each method does is in a module of its own."""

from collections.abc import Mapping, Sequence

from zaqar.models import Held, Lease, NewMessage, Notice, QueueKey, Saved, Standing
from zaqar.storage import contract, tokens
from zaqar.storage.ids import Id, format_id
from zaqar.storage.mongodb.messages import lending, notices, posting, progress
from zaqar.storage.mongodb.messages.encoding import draft
from zaqar.storage.mongodb.messages.post import Post
from zaqar.storage.mongodb.messages.session import Session


class QueueDeliveries(contract.Deliveries):
    """The outboxes in one database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def sources(self) -> Sequence[QueueKey]:
        """Return the queues that have a notice."""
        return notices.sources(self._session)

    def lease(self, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Sequence[Lease]:
        """Take subscriptions that have work."""
        return lending.lease(self._session, queue, holder=holder, seconds=seconds, limit=limit)

    def notices(self, queue: QueueKey, *, after: int, most_bytes: int) -> Sequence[Notice]:
        """Return the first notices behind a position."""
        return notices.behind(self._session, queue, after=after, most_bytes=most_bytes)

    def save(self, queue: QueueKey, *, holder: str, seconds: float, saved: Sequence[Saved]) -> Mapping[str, Held]:
        """Store progress."""
        return progress.save(self._session, queue, holder=holder, seconds=seconds, saved=saved)

    def address(self, queue: QueueKey, subscription_id: Id, message: NewMessage, *, token: str) -> None:
        """Post what comes in no queue: only its notice."""
        session = self._session
        drafts = [draft(message, now=session.clock.now(), client_id="")]
        memory = tokens.memory(session.patience)
        addressee = format_id(*subscription_id)
        posting.post(session, Post(queue, drafts, token, memory, addressee=addressee, purpose="question"))

    def standing(self, queue: QueueKey, subscription_id: Id) -> Standing:
        """Tell how far one is."""
        return progress.standing(self._session, queue, format_id(*subscription_id))

    def hurry(self, queue: QueueKey, subscription_id: Id) -> None:
        """Let what fails be tried now."""
        progress.hurry(self._session, queue, format_id(*subscription_id))
