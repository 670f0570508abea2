"""Links that lead a subscriber to his confirmation: look at what one is about."""

import re

import msgspec

from zaqar.context import Opening
from zaqar.errors import InvalidQueueName, SignatureRefused, SubscriptionNotFound
from zaqar.limits import check_queue
from zaqar.models import Kind, QueueKey
from zaqar.operations.confirmations import check_answer
from zaqar.operations.settings import KnownQueues
from zaqar.signing import Grant, Signer
from zaqar.storage.ids import named

_METHOD = "PUT"
_PATH = re.compile(r"/v2/(?:(queue)|topic)s/([^/]+)/subscriptions/([^/]+)/confirm").fullmatch


class Confirmation(msgspec.Struct, frozen=True):
    """What a subscriber is asked about, and what he has said so far."""

    queue: QueueKey
    is_confirmed: bool
    has_left: bool


class ConfirmationLinks:
    """The verb of a link: it proves itself, so no policy is asked."""

    def __init__(self, *, known: KnownQueues, signer: Signer) -> None:
        self._known = known
        self._signer = signer

    def look(self, grant: Grant, signature: str) -> Confirmation:
        """Return what a link is about; nothing is looked up for one that proves nothing, and nothing changes (http S-61).

        Raises ``SignatureRefused``, and of its kind ``SignatureExpired`` where nothing but its time is wrong.
        """
        self._signer.verify(grant, signature)
        path = grant.paths[0]
        queue, subscription_id = _addressed(path, grant.project)
        self._signer.check(grant, method=_METHOD, path=path)
        try:
            found = self._known.store_for(queue).subscriptions.get(queue, named(subscription_id))
        except SubscriptionNotFound as error:
            raise SignatureRefused("there is no such subscription") from error
        check_answer(Opening(tuple(grant.paths), int(grant.expires.timestamp())), queue, found)
        return Confirmation(queue, found.is_confirmed, found.has_left)


def _addressed(path: str, project: str) -> tuple[QueueKey, str]:
    """Return the queue or topic and the subscription of a path to confirm. Raises ``SignatureRefused``."""
    match = _PATH(path)
    if match is None:
        raise SignatureRefused("it is not that of a confirmation")
    kind: Kind = "queue" if match[1] else "topic"
    queue = QueueKey(project, match[2], kind)
    try:
        check_queue(queue)
    except InvalidQueueName:
        raise SignatureRefused("it is for the name of no queue") from None
    return queue, match[3]
