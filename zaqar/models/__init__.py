"""The nouns of the service, immutable.

Structs of msgspec rather than dataclasses: frozen all the same, and a page of twenty is built in a tenth of the time.
Times are UTC in whole seconds, durations whole seconds.
"""

from zaqar.models.claims import Claim, DeadLetterRule
from zaqar.models.deliveries import (
    MOST_FAILING,
    MOST_OUTCOMES,
    Failing,
    Held,
    Lease,
    Outcome,
    Progress,
    Saved,
    Standing,
)
from zaqar.models.messages import Message, NewMessage, Posted, PostedMessage
from zaqar.models.outbox import Notice, NoticedMessage, Question
from zaqar.models.queues import Kind, MessageMark, Queue, QueueKey, Stats
from zaqar.models.subscriptions import NewSubscription, Subscription

__all__ = [
    "MOST_FAILING",
    "MOST_OUTCOMES",
    "Claim",
    "DeadLetterRule",
    "Failing",
    "Held",
    "Kind",
    "Lease",
    "Message",
    "MessageMark",
    "NewMessage",
    "NewSubscription",
    "Notice",
    "NoticedMessage",
    "Outcome",
    "Posted",
    "PostedMessage",
    "Progress",
    "Question",
    "Queue",
    "QueueKey",
    "Saved",
    "Standing",
    "Stats",
    "Subscription",
]
