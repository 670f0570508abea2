"""One line per request, in the form ``name=value``."""

import logging
import re
import time

from falcon import Request, Response

from zaqar.transport.log_lines import Lines

LOG = logging.getLogger("zaqar.access")

MOST_CHARACTERS = 1000
"""Length beyond which a value from outside is cut: a line has to stay below what one write to a pipe keeps together."""

_REQUEST_ID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
# Printable ASCII without what separates names, values and fields, and without what begins a quoted value.
_is_plain = re.compile(rf"[!#-&(-<>-\[\]-~]{{1,{MOST_CHARACTERS}}}\Z").match


class AccessLog:
    """Writes what was asked, by whom, and what came of it; durations in milliseconds."""

    def __init__(self) -> None:
        self._add = Lines(LOG).add

    def process_request(self, req: Request, resp: Response) -> None:
        """Start the clock."""
        req.context.started = time.perf_counter()

    def process_response(self, req: Request, resp: Response, resource: object, req_succeeded: bool) -> None:
        """Write the line."""
        context, env = req.context, req.env
        caller = getattr(context, "caller", None)
        self._add(
            f"request_id={context.request_id} global_request_id={_global_request_id(env)}"
            f" project={_quoted(caller.project) if caller else '-'} remote={_quoted(env.get('REMOTE_ADDR') or '-')}"
            f" method={_quoted(req.method)} path={_quoted(env.get('RAW_URI') or _address(env))}"
            f" status={resp.status_code} bytes={len(resp.data or b'')}"
            f" milliseconds={(time.perf_counter() - context.started) * 1000:.1f}"
        )


def _global_request_id(env: dict[str, str]) -> str:
    """Return the id that another service gave the work this request is part of (http X-31)."""
    value = env.get("HTTP_X_OPENSTACK_REQUEST_ID", "")
    return value if value and _REQUEST_ID.match(value) else "-"


def _address(env: dict[str, str]) -> str:
    """Return what was asked for, where the engine tells it in parts and decoded."""
    query = env.get("QUERY_STRING")
    return f"{env['PATH_INFO']}?{query}" if query else env["PATH_INFO"]


def _quoted(text: str) -> str:
    """Return the text; in quotes and escaped where it could be taken for something else, cut where it is long."""
    if _is_plain(text):
        return text
    quoted = ascii(text)
    return quoted if len(quoted) <= MOST_CHARACTERS else f"{quoted[:MOST_CHARACTERS]}...{quoted[0]}"
