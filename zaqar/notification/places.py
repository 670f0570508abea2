"""Where clients reach the service, and the page on which subscribers confirm (notifications N-58, N-62)."""

import logging
from collections.abc import Callable

from zaqar.notification.confirmation import HTTP

LOG = logging.getLogger(__name__)

_PAGE = "/confirm"


def _unknown(_: str) -> None:
    return None


class Places:
    """What the operator says counts before what Keystone's catalogue says.

    ``public_url``: without a slash at the end. ``external_page``: one of the operator's own, in place of the service's.
    ``endpoint`` tells of the catalogue where clients reach a service of a name, if that is known.
    """

    def __init__(
        self,
        *,
        public_url: str | None = None,
        external_page: str | None = None,
        endpoint: Callable[[str], str | None] = _unknown,
    ) -> None:
        self._public_url = public_url
        self._external_page = external_page
        self._endpoint = endpoint
        self._is_told = False

    def endpoint(self, name: str) -> str | None:
        """Return where clients reach this service, over HTTP or websocket, if that is known."""
        return (self._public_url if name == HTTP else None) or self._endpoint(name)

    def page(self) -> str | None:
        """Return the address of the page to confirm; None, and one error in the log, where nothing tells it."""
        if self._external_page:
            return self._external_page
        found = self.endpoint(HTTP)
        if found is None and not self._is_told:
            LOG.error(
                "Nobody can be sent a link to confirm, as it is not known where clients reach the service: neither [server] "
                "public_url nor [notification] external_confirmation_url is set, and no catalogue of Keystone has told an "
                "endpoint of zaqar."
            )
        self._is_told = found is None
        return None if found is None else found.rstrip("/") + _PAGE
