"""One line per request, in the form ``name=value``."""

import logging
import re
import time
from functools import lru_cache

from falcon import Request, Response

from zaqar.context import Context
from zaqar.log_text import quote
from zaqar.transport.log_lines import Lines

# Seconds it took, request id, global request id, caller, remote address, method, path, query, status, bytes.
Parts = tuple[float, str, str | None, Context | None, str | None, str, str, str | None, object, int]
LOG = logging.getLogger("zaqar.access")


HIDES_QUERY = "hides_query"
"""A resource with this attribute has in its query what nobody may read in a log."""

_REQUEST_ID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


class AccessLog:
    """Writes what was asked, by whom, and what came of it; durations in milliseconds."""

    def __init__(self) -> None:
        self._add = Lines(LOG, _line).add

    def process_request(self, req: Request, resp: Response) -> None:
        """Start the clock."""
        req.context.started = time.perf_counter()

    def process_response(self, req: Request, resp: Response, resource: object, req_succeeded: bool) -> None:
        """Note what the line will say."""
        now = time.perf_counter()
        context, env = req.context, req.env
        address, query = env.get("RAW_URI"), env.get("QUERY_STRING")
        if hasattr(resource, HIDES_QUERY):
            address, query = env["PATH_INFO"], None
        parts: Parts = (
            now - context.started,
            context.request_id,
            env.get("HTTP_X_OPENSTACK_REQUEST_ID"),
            getattr(context, "caller", None),
            env.get("REMOTE_ADDR"),
            req.method,
            address or env["PATH_INFO"],
            # Some engines tell the address in parts, decoded.
            None if address else query,
            resp.status,
            len(resp.data or b""),
        )
        self._add(parts, now)


def _line(parts: Parts) -> str:
    seconds, request_id, global_request_id, caller, remote, method, path, query, status, size = parts
    # Another service gave its id to the work this request is part of (http X-31).
    is_global = global_request_id and _REQUEST_ID.match(global_request_id)
    asked = _asked(caller.project if caller else None, remote, method, path, query)
    return (
        f"request_id={request_id} global_request_id={global_request_id if is_global else '-'}{asked}"
        f" status={str(status)[:3]} bytes={size} milliseconds={seconds * 1000:.1f}"
    )


@lru_cache(maxsize=256)  # what clients ask for again and again
def _asked(project: str | None, remote: str | None, method: str, path: str, query: str | None) -> str:
    named = "-" if project is None else quote(project)
    asked = quote(f"{path}?{query}" if query else path)
    return f" project={named} remote={quote(remote or '-')} method={quote(method)} path={asked}"
