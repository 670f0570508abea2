"""``/v2/queues/{queue_name}/messages`` and below."""

from collections.abc import Sequence

import falcon
from falcon import Request, Response

from zaqar.errors import Invalid
from zaqar.limits import Limits
from zaqar.models import QueueKey
from zaqar.operations.messages import Messages
from zaqar.transport import documents, move_documents, paths
from zaqar.transport.wsgi import body, parameters
from zaqar.transport.wsgi.middleware import caller

# Bytes. Node refuses headers of 16 KiB together, Python a line of 64 KiB, proxies 4 or 8 KiB, and by then the messages are
# stored. The body has all ids.
_LONGEST_LOCATION = 2048
_FLAGS = ("echo", "include_claimed", "include_delayed")


class MessageCollection:
    """Messages of a queue."""

    def __init__(self, messages: Messages, limits: Limits) -> None:
        self._messages = messages
        self._limits = limits

    def on_post(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Post messages (http M-6 to M-14)."""
        data = body.read(req, most=self._limits.max_messages_post_size)
        ids = self._messages.post(caller(req), queue, documents.decode_post(data), size=len(data))
        resp.status = falcon.HTTP_201
        path = paths.messages(queue)
        resp.set_header("Location", _location(path, ids))
        resp.data = documents.encode({"resources": [f"{path}/{new}" for new in ids]})

    def on_get(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """List messages, or return those with the given ids (http M-15 to M-27)."""
        if any(req.params.get("ids", ())):
            found = self._messages.get_many(caller(req), queue, parameters.texts(req, "ids"))
            resp.data = documents.messages(paths.messages(queue), found)
            return
        marker = parameters.text(req, "marker")
        limit = parameters.integer(req, "limit")
        flags = {name: parameters.boolean(req, name) for name in _FLAGS if req.params.get(name)}
        page = self._messages.list(caller(req), queue, marker=marker, limit=limit, **flags)
        path = paths.messages(queue)
        links = parameters.next_link(path, marker=page[-1].id, given={"limit": limit, **flags}) if page else []
        resp.data = documents.messages(path, page, links)

    def on_delete(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Delete by ids, or pop (http M-39 to M-45)."""
        ids = parameters.texts(req, "ids")
        number = parameters.integer(req, "pop")
        claim_ids = parameters.texts(req, "claim_ids")
        if bool(ids) == (number is not None):
            raise Invalid(
                "Exactly one of the parameters ids and pop must be given; a purge of the queue removes all messages."
            )
        if number is None:
            self._messages.delete_many(caller(req), queue, ids, claim_ids=claim_ids)
            resp.status = falcon.HTTP_204
            return
        resp.data = documents.popped(self._messages.pop(caller(req), queue, number, claim_ids=claim_ids))


class MessageItem:
    """One message."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def on_get(self, req: Request, resp: Response, queue: QueueKey, message_id: str) -> None:
        """Show it (http M-28, M-29)."""
        shown = self._messages.get(caller(req), queue, message_id)
        resp.data = documents.message(paths.messages(queue), shown)

    def on_delete(self, req: Request, resp: Response, queue: QueueKey, message_id: str) -> None:
        """Delete it (http M-30 to M-38)."""
        claim_id = parameters.text(req, "claim_id")
        self._messages.delete(caller(req), queue, message_id, claim_id=claim_id)
        resp.status = falcon.HTTP_204


class MessageDetails:
    """What is known of a message beyond what is shown of it everywhere."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def on_get(self, req: Request, resp: Response, queue: QueueKey, message_id: str) -> None:
        """Show it (http M-52, M-53)."""
        shown = self._messages.details(caller(req), queue, message_id)
        resp.data = move_documents.details(paths.messages(queue), shown)


def _location(path: str, ids: Sequence[str]) -> str:
    """Return where the new messages are: beyond what clients and proxies take in a header, the whole collection."""
    together = f"{path}?ids={','.join(ids)}"
    return together if len(together) <= _LONGEST_LOCATION else path
