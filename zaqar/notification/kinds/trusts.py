"""Subscribers that are sent a token of whoever subscribed: ``trust+http:`` and ``trust+https:`` (notifications A6).

The token is for the trust among the options. It comes from Keystone, and is in no log and on no record.
"""

import asyncio
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zaqar.errors import Invalid, TrustLost, Unavailable
from zaqar.models import QueueKey, Subscription
from zaqar.notification.kinds.kind import Answer, Delivery, Surroundings
from zaqar.notification.kinds.webhooks import Webhooks
from zaqar.notification.tokens import Tokens

if TYPE_CHECKING:
    from zaqar.notification.kinds.letterhead import Letterhead

PREFIX = "trust+"
TOKEN = "X-Auth-Token"  # noqa: S105 - the name of a header

_REFUSED = "status 401"
_LOST = "no token for the trust"
_AWAY = "Keystone does not answer"


class TrustedWebhooks(Webhooks):
    """Webhooks, with one more header."""

    _tokens: Tokens

    def parse(self, subscriber: str, options: Mapping[str, Any], source: QueueKey) -> None:
        """Refuse what a webhook cannot be, and another token."""
        headers = options.get("post_headers")
        if isinstance(headers, Mapping) and any(name.lower() == TOKEN.lower() for name in headers):
            raise Invalid(f"post_headers of the options cannot set {TOKEN}: that is the token for the trust.")
        super().parse(subscriber[len(PREFIX) :], options, source)

    async def open(self, surroundings: Surroundings) -> None:
        """Have connections to send through, and somebody to ask for tokens."""
        await super().open(surroundings)
        self._tokens = Tokens(functools.partial(surroundings.in_thread, self.settings.token_for))

    def prepare(self, subscription: Subscription) -> "Letterhead":
        """Return the URL and the headers."""
        from zaqar.notification.kinds.letterhead import Letterhead

        return Letterhead(subscription, subscription.subscriber[len(PREFIX) :])

    async def deliver(self, delivery: Delivery) -> Answer:
        """Send it with a token, once more where it is not taken: it may be of a trust that was there before."""
        try:
            async with asyncio.timeout(self.settings.total_timeout):
                return await self._deliver(delivery)
        except TimeoutError:
            return Answer("no answer in time")
        except TrustLost:
            return Answer(_LOST)
        except Unavailable:
            return Answer(_AWAY, is_ours=True)

    async def _deliver(self, delivery: Delivery) -> Answer:
        trust_id = delivery.subscription.options.get("trust_id")
        if not isinstance(trust_id, str):
            return Answer(_LOST)
        token = await self._tokens.get(trust_id)
        answer = await self.post(delivery, {TOKEN: token})
        if answer.text != _REFUSED:
            return answer
        self._tokens.drop(trust_id, token)
        return await self.post(delivery, {TOKEN: await self._tokens.get(trust_id)})

    async def close(self) -> None:
        """Close the connections."""
        await self._tokens.close()
        await super().close()
