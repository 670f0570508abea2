"""What asks a subscriber whether it agrees: the order that the outbox has, and what is made of it (notifications N-54 to N-60)."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from zaqar.models import Question, QueueKey, Subscription
from zaqar.signing import Grant, Signer, path_of

_METHOD = "PUT"

HTTP, WEBSOCKET = "zaqar", "zaqar-websocket"
"""What the service is called in Keystone's catalogue (N-58)."""


def _unknown(_: str) -> None:
    return None


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a subscriber is asked: the members of N-56."""

    message_type: str = msgspec.field(name="Message_Type")
    message: str = msgspec.field(name="Message")
    signature: str = msgspec.field(name="URL-Signature")
    methods: str = msgspec.field(name="URL-Methods")
    paths: str = msgspec.field(name="URL-Paths")
    expires: str = msgspec.field(name="URL-Expires")
    project: str = msgspec.field(name="X-Project-ID")
    queue_name: str
    subscribe_body: dict[str, bool] = msgspec.field(name="SubscribeBody")
    unsubscribe_body: dict[str, bool] = msgspec.field(name="UnsubscribeBody")
    wsgi_url: str | None = msgspec.field(name="WSGISubscribeURL", default=None)
    websocket_url: str | None = msgspec.field(name="WebSocketSubscribeURL", default=None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Confirmations:
    """Makes the texts of confirmations. ``endpoint`` tells where clients reach a service of a name, if that is known."""

    signer: Signer
    endpoint: Callable[[str], str | None] = _unknown

    def asked(self, queue: QueueKey, subscription: Subscription, question: Question) -> Asked:
        """Return what a subscriber is asked, signed."""
        path = path_of(queue, f"subscriptions/{subscription.id}/confirm")
        grant = Grant(
            paths=[path],
            methods=[_METHOD],
            project=queue.project,
            expires=datetime.fromtimestamp(question.expires, UTC),
        )
        return Asked(
            message_type=question.message_type,
            message=_message(queue, question),
            signature=self.signer.sign(grant),
            methods=_METHOD,
            paths=path,
            expires=grant.expires_text,
            project=queue.project,
            queue_name=queue.name,
            subscribe_body={"confirmed": True},
            unsubscribe_body={"confirmed": False},
            wsgi_url=_below(self.endpoint(HTTP), path),
            websocket_url=_below(self.endpoint(WEBSOCKET), path),
        )


def _message(queue: QueueKey, question: Question) -> str:
    where = f"{queue.kind} {queue.name}"
    if question.message_type == "SubscriptionConfirmation":
        return (
            f"You have chosen to subscribe to the {where}. To confirm the subscription, send the SubscribeBody with PUT to "
            "the path in URL-Paths, with the headers that are named here."
        )
    return (
        f"You have unsubscribed successfully from the {where}. To subscribe again, send the SubscribeBody with PUT to the "
        "path in URL-Paths, with the headers that are named here."
    )


def _below(endpoint: str | None, path: str) -> str | None:
    """Return the address of a path of the service, whose endpoint may have a path of its own (N-59)."""
    return None if endpoint is None else endpoint.rstrip("/") + path
