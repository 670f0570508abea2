"""Health: whether the service can do its work."""

from zaqar.context import Context
from zaqar.operations.authorization import Authorization
from zaqar.storage.contract import Routing


class Health:
    """What operators and clients ask of the service itself."""

    def __init__(self, *, routing: Routing, authorization: Authorization) -> None:
        self._routing = routing
        self._authorization = authorization

    def check_ping(self, context: Context) -> None:
        """Refuse callers that may not ask."""
        self._authorization.check("ping:get", context)

    def ping(self, context: Context) -> bool:
        """Tell whether every message store answers (http H-6)."""
        self.check_ping(context)
        return all(store.is_alive() for store in self._routing.stores())
