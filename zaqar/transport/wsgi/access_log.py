"""One line per request, in the form ``name=value``."""

import logging
import re
import time

from falcon import Request, Response

LOG = logging.getLogger("zaqar.access")

_REQUEST_ID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


class AccessLog:
    """Writes what was asked, by whom, and what came of it; durations in milliseconds."""

    def process_request(self, req: Request, resp: Response) -> None:
        """Start the clock."""
        req.context.started = time.perf_counter()

    def process_response(self, req: Request, resp: Response, resource: object, req_succeeded: bool) -> None:
        """Write the line."""
        caller = getattr(req.context, "caller", None)
        LOG.info(
            "request_id=%s global_request_id=%s project=%s remote=%s method=%s path=%s status=%s bytes=%s milliseconds=%.1f",
            req.context.request_id,
            _global_request_id(req),
            _quoted(caller.project) if caller else "-",
            req.env.get("REMOTE_ADDR") or "-",
            req.method,
            _quoted(req.env.get("RAW_URI") or req.relative_uri),
            resp.status_code,
            len(resp.data or b""),
            (time.perf_counter() - req.context.started) * 1000,
        )


def _global_request_id(req: Request) -> str:
    """Return the id that another service gave the work this request is part of (http X-31)."""
    value = req.env.get("HTTP_X_OPENSTACK_REQUEST_ID", "")
    return value if _REQUEST_ID.match(value) else "-"


def _quoted(text: str) -> str:
    """Return the text, in quotes and escaped where it could be taken for something else."""
    return text if text.isascii() and text.isprintable() and not set(text) & set(' "=') else ascii(text)
