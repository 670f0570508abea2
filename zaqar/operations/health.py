"""Health: whether the service can do its work."""

import logging

from zaqar.context import Context
from zaqar.operations.authorization import Authorization
from zaqar.operations.settings import KnownQueues

LOG = logging.getLogger(__name__)


class Health:
    """What operators and clients ask of the service itself."""

    def __init__(self, *, known: KnownQueues, authorization: Authorization) -> None:
        self._known = known
        self._authorization = authorization

    def check_ping(self, context: Context) -> None:
        """Refuse callers that may not ask."""
        self._authorization.check("ping:get", context)

    def ping(self, context: Context) -> bool:
        """Tell whether every message store is well (http H-6); the log says what one that is not has."""
        self.check_ping(context)
        complaints = [store.complaint() for store in self._known.stores() if not store.is_alive()]
        for sentence in complaints:
            LOG.warning("The service is not well: %s", sentence)
        return not complaints
