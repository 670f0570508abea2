"""The nouns of the service, immutable.

Structs of msgspec rather than dataclasses: frozen all the same, and a page of twenty is built in a tenth of the time.
Times are UTC in whole seconds, durations whole seconds.
"""

from zaqar.models.claims import Claim
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
from zaqar.models.messages import Audience, Message, MessageDetails, NewMessage, Posted, PostedMessage
from zaqar.models.moves import DeadLetterRule, Origin, Reason, Redrive, RedriveState, RedriveTerms
from zaqar.models.outbox import MessageType, Notice, NoticedMessage, Purpose, Question
from zaqar.models.queues import Kind, MessageMark, Queue, QueueKey, Stats
from zaqar.models.subscriptions import NewSubscription, Subscription

__all__ = [
    "MOST_FAILING",
    "MOST_OUTCOMES",
    "Audience",
    "Claim",
    "DeadLetterRule",
    "Failing",
    "Held",
    "Kind",
    "Lease",
    "Message",
    "MessageDetails",
    "MessageMark",
    "MessageType",
    "NewMessage",
    "NewSubscription",
    "Notice",
    "NoticedMessage",
    "Origin",
    "Outcome",
    "Posted",
    "PostedMessage",
    "Progress",
    "Purpose",
    "Question",
    "Queue",
    "QueueKey",
    "Reason",
    "Redrive",
    "RedriveState",
    "RedriveTerms",
    "Saved",
    "Standing",
    "Stats",
    "Subscription",
]
