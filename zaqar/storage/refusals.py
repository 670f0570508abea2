"""What every message store refuses, in the same words; and the claim of nothing, which is no refusal."""

from zaqar.errors import (
    ChangedMeanwhile,
    ClaimNotFound,
    ClaimNotHeld,
    Conflict,
    MessageClaimed,
    MessageNotFound,
    RedriveNotFound,
    RedriveRunning,
    SubscriberTaken,
    SubscriptionNotFound,
)
from zaqar.models import Claim, QueueKey

NOTHING = Claim("", 0, 0, ())
"""What claiming yields when nothing is claimable."""

FULL = "The store is full: it takes no new messages until some are consumed or expire."
IN_DOUBT = "The store does not answer; the request may or may not have been done."


def no_claim() -> ClaimNotFound:
    """Return the refusal of a claim that is unknown or over."""
    return ClaimNotFound("The claim does not exist or has expired.")


def no_message() -> MessageNotFound:
    """Return the refusal of a message that is unknown or gone."""
    return MessageNotFound("The message does not exist or has expired.")


def claimed() -> MessageClaimed:
    """Return the refusal to delete a claimed message without its claim."""
    return MessageClaimed("The message is claimed; name the claim to delete it.")


def held_by_another() -> MessageClaimed:
    """Return the refusal to delete a message under a claim when another one holds it."""
    return MessageClaimed("The message is held by another claim.")


def not_held() -> ClaimNotHeld:
    """Return the refusal to delete a message under a claim when none holds it, or that claim is over."""
    return ClaimNotHeld("The message is not held by this claim, which may have expired.")


def not_all_held() -> MessageClaimed:
    """Return the refusal to delete messages of which some are not held by the claims that were named."""
    return MessageClaimed("Each message must be held by one of the given claims; nothing was deleted.")


def changed(queue: QueueKey) -> Conflict:
    """Return the refusal to replace metadata that is no longer what was read."""
    return Conflict(f'The {queue.kind} "{queue.name}" was changed meanwhile.')


def no_subscription() -> SubscriptionNotFound:
    """Return the refusal of a subscription that is unknown or over."""
    return SubscriptionNotFound("The subscription does not exist or has expired.")


def subscriber_taken() -> SubscriberTaken:
    """Return the refusal to give a subscription the subscriber of another one."""
    return SubscriberTaken("Another subscription has this subscriber.")


def subscription_changed() -> ChangedMeanwhile:
    """Return the refusal to replace a subscription that is no longer what was read."""
    return ChangedMeanwhile("The subscription was changed meanwhile.")


def no_redrive() -> RedriveNotFound:
    """Return the refusal of a redrive that is not the latest of its queue."""
    return RedriveNotFound("The queue has no such redrive; of each queue the latest is known.")


def redrive_running() -> RedriveRunning:
    """Return the refusal to begin a redrive while another one of the queue is running."""
    return RedriveRunning("A redrive of the queue is running; cancel it, or wait for its end.")


def no_answer(error: BaseException) -> str:
    """Return the sentence for a store that cannot serve, for a reason that has no sentence of its own."""
    return f"The store cannot answer ({type(error).__name__})."
