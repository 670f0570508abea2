"""Health: whether the service can do its work."""

import logging
from collections.abc import Sequence

from zaqar.context import Context
from zaqar.operations.authorization import Authorization
from zaqar.operations.probe import Probe
from zaqar.operations.settings import KnownQueues
from zaqar.storage.contract import ManagementStore

LOG = logging.getLogger(__name__)


class Health:
    """What operators and clients ask of the service itself."""

    def __init__(self, *, management: ManagementStore, known: KnownQueues, authorization: Authorization) -> None:
        self._management = management
        self._known = known
        self._authorization = authorization
        self._probe = Probe(self._look)

    def check_ping(self, context: Context) -> None:
        """Refuse callers that may not ask."""
        self._authorization.check("ping:get", context)

    def ping(self, context: Context) -> bool:
        """Tell whether every message store is well (http H-6); the log says what one that is not has."""
        self.check_ping(context)
        complaints = self._of_messages()
        for sentence in complaints:
            LOG.warning("The service is not well: %s", sentence)
        return not complaints

    def complaints(self) -> Sequence[str]:
        """Return what is wrong with the stores, asked at most once a second; no policy is asked (http H-13)."""
        return self._probe.complaints()

    def _look(self) -> Sequence[str]:
        alive = self._management.is_alive()
        return [*self._of_messages(), *(() if alive else ("The management store does not answer.",))]

    def _of_messages(self) -> Sequence[str]:
        return [store.complaint() for store in self._known.stores() if not store.is_alive()]
