"""``/v2/ping`` for clients; ``/healthcheck`` and ``/healthcheck/live`` for what watches the service."""

import falcon
from falcon import Request, Response

from zaqar.operations.health import Health
from zaqar.transport import documents, status
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


class Live:
    """Whether the process answers."""

    is_public = True

    def on_get(self, req: Request, resp: Response) -> None:
        """Say so, without looking at anything (http H-14)."""
        resp.data = documents.encode({"status": "alive"})

    on_head = on_get


class Ready:
    """Whether the process can do its work."""

    is_public = True

    def __init__(self, health: Health) -> None:
        self._health = health

    def on_get(self, req: Request, resp: Response) -> None:
        """Tell whether the stores answer (http H-13)."""
        complaints = self._health.complaints()
        if complaints:
            code, title = status.UNAVAILABLE
            resp.status = falcon.code_to_http_status(code)
            resp.set_header("Retry-After", str(status.RETRY_AFTER))
            resp.data = documents.encode({"title": title, "description": " ".join(complaints)})
        else:
            resp.data = documents.encode({"status": "well"})

    on_head = on_get
