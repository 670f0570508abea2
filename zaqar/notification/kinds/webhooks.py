"""Subscribers that are webhooks: ``http:`` and ``https:`` (notifications A3)."""

import urllib.parse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zaqar.errors import Invalid
from zaqar.models import QueueKey, Subscription
from zaqar.notification import payload
from zaqar.notification.destinations import Destinations
from zaqar.notification.kinds.kind import Answer, Delivery, SubscriberKind, Surroundings
from zaqar.notification.settings import NotifierSettings

if TYPE_CHECKING:
    from zaqar.notification.kinds.letterhead import Letterhead
    from zaqar.notification.webhook import Sender


class Webhooks(SubscriberKind):
    """Sends each message with a POST of its own."""

    _sender: "Sender"

    def __init__(self, settings: NotifierSettings) -> None:
        super().__init__(settings)
        self._destinations = Destinations(
            allowed=settings.allowed_networks, denied=settings.denied_networks, allows_local=settings.allows_local
        )

    def parse(self, subscriber: str, options: Mapping[str, Any], source: QueueKey) -> None:  # noqa: ARG002
        """Refuse an address that stands there and is not sent to, no host, or no such port; names are looked up later."""
        try:
            parts = urllib.parse.urlsplit(subscriber)
            host, _ = parts.hostname, parts.port  # a port that is none raises ValueError
        except ValueError:
            host = None
        if not host:
            raise Invalid("The subscriber must be a URL with a host, and a port, if any, up to 65535.")
        if not self._destinations.accepts_host(host) and not self.settings.is_trusted_host(host):
            raise Invalid(
                f"Webhooks are not sent to {host}: private, local and reserved addresses are reached only where the "
                "operator has named their network in [notification] allowed_networks."
            )

    def load(self) -> None:
        """Import the client: those that only take requests do without."""
        import zaqar.notification.kinds.letterhead
        import zaqar.notification.webhook  # noqa: F401

    async def open(self, surroundings: Surroundings) -> None:  # noqa: ARG002
        """Have connections to send through."""
        from zaqar.notification.webhook import Sender

        settings = self.settings
        self._sender = Sender(
            accepts=self._destinations.accepts,
            is_trusted=settings.is_trusted_host,
            connect_timeout=settings.connect_timeout,
            total_timeout=settings.total_timeout,
            most_lookups=settings.max_workers,
        )

    def prepare(self, subscription: Subscription) -> "Letterhead":
        """Return the URL and the headers."""
        from zaqar.notification.kinds.letterhead import Letterhead

        return Letterhead(subscription, subscription.subscriber)

    async def deliver(self, delivery: Delivery) -> Answer:
        """Send it."""
        return await self.post(delivery)

    async def post(self, delivery: Delivery, more: Mapping[str, str] | None = None) -> Answer:
        """Send it, with more headers that the subscription has no say in."""
        letterhead: Letterhead = delivery.prepared
        if letterhead.url is None:
            return Answer("the URL cannot be used")
        text = payload.in_template(delivery.subscription.options, delivery.text)
        signed = payload.signed(delivery.message_id, delivery.now, text, letterhead.keys_at(delivery.now))
        headers = (
            letterhead.headers | signed if more is None else {**_without(letterhead.headers, more), **signed, **more}
        )
        return await self._sender.send(letterhead.url, headers, text)

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()


def _without(headers: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return headers without those that others replace: names differ in the case of their letters alone."""
    replaced = {name.lower() for name in more}
    return {name: value for name, value in headers.items() if name.lower() not in replaced}
