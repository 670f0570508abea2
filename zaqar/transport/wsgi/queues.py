"""``/v2/queues`` and below, as far as the queue itself goes, and the same of topics."""

from collections.abc import Sequence

import falcon
from falcon import Request, Response

from zaqar.errors import Invalid, InvalidBody, QueueNotFound
from zaqar.limits import Limits
from zaqar.models import Kind, QueueKey
from zaqar.operations.queues import Queues
from zaqar.operations.signatures import Signatures
from zaqar.transport import documents, json_text, paths
from zaqar.transport.wsgi import body, media_types, parameters
from zaqar.transport.wsgi.middleware import caller
from zaqar.transport.wsgi.refusals import UnsupportedMediaType

PATCH_TYPE = "application/openstack-messaging-v2.0-json-patch"
_FLAGS: dict[Kind, Sequence[str]] = {"queue": ("detailed", "with_count"), "topic": ("detailed",)}
"""compat: http T-1: of topics with_count is a filter like any other word."""


class QueueCollection:
    """The queues, or topics, of a project."""

    def __init__(self, queues: Queues, kind: Kind) -> None:
        self._queues = queues
        self._kind = kind

    def on_get(self, req: Request, resp: Response) -> None:
        """List them (http Q-1 to Q-10)."""
        marker = parameters.text(req, "marker")
        limit = parameters.integer(req, "limit")
        name = parameters.text(req, "name")
        flags = {flag: parameters.boolean(req, flag) for flag in _FLAGS[self._kind]}
        filters = _filters(req, frozenset(("marker", "limit", "name", *flags)))
        page = self._queues.list(
            caller(req),
            self._kind,
            marker=marker,
            limit=limit,
            name=name,
            metadata={key: _number_or_text(value) for key, value in filters.items()},
            with_count=flags.get("with_count", False),
        )
        given = {
            "limit": limit,
            "name": name,
            **{flag: flags[flag] for flag in flags if parameters.text(req, flag)},
            **filters,
        }
        path, shown = paths.queues(self._kind), page.queues
        links = parameters.next_link(path, marker=shown[-1].name, given=given) if shown else []
        resp.data = documents.queues(self._kind, shown, links, is_detailed=flags["detailed"], count=page.count)


class QueueItem:
    """One queue."""

    def __init__(self, queues: Queues, limits: Limits) -> None:
        self._queues = queues
        self._limits = limits

    def on_put(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Create it (http Q-11 to Q-16)."""
        data = body.read(req, most=self._limits.max_queue_metadata)
        metadata = json_text.decode_object(data) if data else {}
        is_new = self._queues.create(caller(req), queue, metadata)
        resp.status = falcon.HTTP_201 if is_new else falcon.HTTP_204
        resp.set_header("Location", paths.queue(queue))

    def on_get(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Show its metadata (http Q-17 to Q-19)."""
        resp.data = documents.encode(self._queues.get(caller(req), queue))

    def on_patch(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Change its metadata (http Q-30 to Q-39)."""
        data = body.read(req, most=self._limits.max_queue_metadata, refusal=InvalidBody)
        if media_types.without_parameters(req.content_type or "") != PATCH_TYPE:
            resp.set_header("Accept-Patch", PATCH_TYPE)
            came = f"it is {req.content_type[:100]}" if req.content_type else "there is none"
            raise UnsupportedMediaType(f"The Content-Type must be {PATCH_TYPE}; {came}.")
        patch = documents.decode_patch(data)
        resp.data = documents.encode(self._queues.update(caller(req), queue, patch))

    def on_delete(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Remove it (http Q-20, Q-21)."""
        self._queues.delete(caller(req), queue)
        resp.status = falcon.HTTP_204


class QueueStats:
    """Statistics of a queue."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    def on_get(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Show them (http Q-22 to Q-25, Q-40, T-6)."""
        try:
            stats = self._queues.stats(caller(req), queue)
        except QueueNotFound:
            resp.data = documents.NO_STATS
            return
        resp.data = documents.stats(queue, stats)
        if queue.kind == "queue":
            resp.set_header("Zaqar-Discarded", str(stats.discarded))


class QueuePurge:
    """What a queue holds, as a whole."""

    def __init__(self, queues: Queues, limits: Limits) -> None:
        self._queues = queues
        self._limits = limits

    def on_post(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Remove it (http Q-26 to Q-29)."""
        data = body.read(req, most=self._limits.max_queue_metadata)
        if data:
            self._queues.purge(caller(req), queue, documents.decode_purge(data))
        else:
            self._queues.purge(caller(req), queue)
        resp.status = falcon.HTTP_204


class QueueShare:
    """Signatures for what is in a queue."""

    def __init__(self, signatures: Signatures, limits: Limits) -> None:
        self._signatures = signatures
        self._limits = limits

    def on_post(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Make one (http U-1 to U-7)."""
        wanted = documents.decode_share(body.read(req, most=self._limits.max_queue_metadata))
        made = self._signatures.create(
            caller(req),
            queue,
            resources=wanted.get("paths"),
            methods=wanted.get("methods"),
            expires=wanted.get("expires"),
        )
        resp.data = documents.signature(made)


def _filters(req: Request, others: frozenset[str]) -> dict[str, str]:
    """Return the parameters that are metadata filters, as they are none of the others (http Q-5, O-32)."""
    filters = {}
    for name, value in req.params.items():
        if name in others or value == "":
            continue
        if isinstance(value, list):
            raise Invalid(f'The filter "{name}" is given more than once.')
        filters[name] = value
    return filters


def _number_or_text(value: str) -> int | str:
    said = parameters.number(value)
    return value if said is None else said
