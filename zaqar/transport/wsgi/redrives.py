"""``/v2/queues/{queue_name}/redrive`` and below."""

import falcon
from falcon import Request, Response

from zaqar.limits import Limits
from zaqar.models import QueueKey
from zaqar.operations.redrives import Redrives
from zaqar.transport import move_documents as documents
from zaqar.transport import paths
from zaqar.transport.wsgi import body
from zaqar.transport.wsgi.middleware import caller


class RedriveCollection:
    """Redrives of the dead letters in a queue."""

    def __init__(self, redrives: Redrives, limits: Limits) -> None:
        self._redrives = redrives
        self._limits = limits

    def on_post(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Begin one (http R-1 to R-6)."""
        wanted = documents.decode_redrive(body.read(req, most=self._limits.max_queue_metadata))
        made = self._redrives.create(caller(req), queue, **wanted)
        resp.status = falcon.HTTP_202
        resp.set_header("Location", paths.redrive(queue, made.id))
        resp.data = documents.created(made)

    def on_get(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Show the latest (http R-7)."""
        resp.data = documents.redrives(self._redrives.list(caller(req), queue))


class RedriveItem:
    """One redrive."""

    def __init__(self, redrives: Redrives) -> None:
        self._redrives = redrives

    def on_get(self, req: Request, resp: Response, queue: QueueKey, redrive_id: str) -> None:
        """Show how far it is (http R-8)."""
        resp.data = documents.redrive(self._redrives.get(caller(req), queue, redrive_id))

    def on_delete(self, req: Request, resp: Response, queue: QueueKey, redrive_id: str) -> None:
        """Cancel it (http R-9)."""
        self._redrives.cancel(caller(req), queue, redrive_id)
        resp.status = falcon.HTTP_204
