"""Everything the service can refuse, independent of any transport or store.

The message of an error is a sentence for the API user; it never carries a secret.
"""

from collections.abc import Callable

from zaqar.models import QueueKey


class Error(Exception):
    """Root of all errors that the service raises on purpose."""


class Invalid(Error):
    """The request breaks a rule of the API (http E-API)."""


class InvalidBody(Invalid):
    """The body is not the document the operation expects (http E-BODY)."""


class InvalidParameter(Invalid):
    """A query value has the wrong type (http E-PARAM)."""


class InvalidQueueName(Invalid):
    """The queue's name, or the project's, is not acceptable (http E-QNAME)."""


class InvalidTopicName(InvalidQueueName):
    """The topic's name, or the project's, is not acceptable (http T-8)."""


class ClaimNotHeld(Invalid):
    """A message was to be deleted under a claim that does not hold it (http M-37, M-38)."""


class NothingToUpdate(Invalid):
    """A subscription was to be changed, and nothing of it was given (http E-SUBUPD)."""


class NotAConfirmation(Invalid):
    """The answer to the question for a confirmation is none (http E-SUBCNF)."""


class Forbidden(Error):
    """Policy does not allow the operation (http E-403)."""


class SignatureRefused(Forbidden):
    """A signature does not open the request; the message is for the log, callers learn nothing (http U-17)."""


class SignatureExpired(SignatureRefused):
    """The time of a signature is over, which otherwise is good for the request."""


class MessageClaimed(Forbidden):
    """A message is held by a claim that the request did not name (http M-35, M-36, M-41)."""


class NotFound(Error):
    """The named thing does not exist (http E-404)."""


class QueueNotFound(NotFound):
    """No such queue in the project."""

    def __init__(self, queue: QueueKey) -> None:
        super().__init__(f'There is no {queue.kind} "{queue.name}".')
        self.queue = queue


class MessageNotFound(NotFound):
    """No such message in the queue, or it has expired."""


class ClaimNotFound(NotFound):
    """No such claim on the queue, or it has expired, or none of its messages is left."""


class SubscriptionNotFound(NotFound):
    """No such subscription to the queue, or it has expired."""


class RedriveNotFound(NotFound):
    """No such redrive of the queue; of each queue the latest is known."""


class TrustLost(NotFound):
    """Keystone gives no token for a trust: it was removed, or has ended, or whoever gave it has not what it gives any more."""


class Conflict(Error):
    """The request contradicts the present state (http E-409)."""


class SubscriberTaken(Conflict):
    """Another subscription to the queue has this subscriber (http S-23)."""


class ChangedMeanwhile(Conflict):
    """Somebody else changed it since it was read."""


class RedriveRunning(Conflict):
    """A redrive of the queue is running already."""


class Unavailable(Error):
    """The store cannot answer now; the request may be repeated (http E-503)."""


class ConfigurationError(Error):
    """The service cannot start as it is configured: a sentence for each thing that is refused."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(*sentences)
        self.sentences = tuple(dict.fromkeys(sentences))

    def __str__(self) -> str:
        return " ".join(self.sentences)


def refuse_together(*steps: Callable[[], object]) -> None:
    """Take every step, and raise what they refuse as one ``ConfigurationError``."""
    sentences: list[str] = []
    for step in steps:
        try:
            step()
        except ConfigurationError as error:
            sentences += error.sentences
    if sentences:
        raise ConfigurationError(*sentences)
