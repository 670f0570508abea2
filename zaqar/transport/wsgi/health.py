"""``/v2/ping``."""

import falcon
from falcon import Request, Response

from zaqar.operations.health import Health
from zaqar.transport import status
from zaqar.transport.wsgi.middleware import caller


class Ping:
    """Whether the service lives."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def on_get(self, req: Request, resp: Response) -> None:
        """Tell whether the message store answers (http H-6)."""
        if self._health.ping(caller(req)):
            resp.status = falcon.HTTP_204
            return
        resp.status = falcon.HTTP_503
        resp.set_header("Retry-After", str(status.RETRY_AFTER))

    def on_head(self, req: Request, resp: Response) -> None:
        """Answer without looking at the store (http H-7)."""
        self._health.check_ping(caller(req))
        resp.status = falcon.HTTP_204
