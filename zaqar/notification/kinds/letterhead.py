"""What all requests to one webhook have in common."""

from yarl import URL

from zaqar.models import Subscription
from zaqar.notification import payload

_AUTHORIZATION = "authorization"
_PRINTABLE = frozenset(map(chr, range(0x21, 0x7F)))


class Letterhead:
    """The address, the headers of the subscription, and with what is signed."""

    def __init__(self, subscription: Subscription, address: str) -> None:
        self._subscription = subscription
        self.headers = payload.headers(subscription.options)
        self.url = _url(address)
        """None where nothing can be sent to the address."""
        if self.url is not None and any(name.lower() == _AUTHORIZATION for name in self.headers):
            # Else a user and password in it would become that header, of which there cannot be two.
            self.url = self.url.with_user(None)
        self._keys: tuple[bytes, ...] | None = None
        self._keys_end = 0

    def keys_at(self, now: int) -> tuple[bytes, ...]:
        """Return with what to sign now."""
        if self._keys is None or now >= self._keys_end:
            ends = self._subscription.former_secret_ends
            self._keys = payload.signing_keys(self._subscription, now)
            self._keys_end = ends if ends > now else now + 3600
        return self._keys


def _url(address: str) -> URL | None:
    """Return where to send to: exactly what was stored, wherever a request can carry that (N-13)."""
    try:
        url = URL(address, encoded=_PRINTABLE.issuperset(address))
        is_whole = bool(url.host) and url.port is not None
    except ValueError:  # as late as the host and the port are asked for
        return None
    return url if is_whole else None
