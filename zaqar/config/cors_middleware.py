"""oslo.middleware's CORS, with the service's own defaults (http X-30)."""

from typing import TYPE_CHECKING, Any

from oslo_config import cfg
from oslo_middleware import cors

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DEFAULTS = {
    "allow_headers": [
        "X-Auth-Token",
        "X-Identity-Status",
        "X-Roles",
        "X-Service-Catalog",
        "X-User-Id",
        "X-Tenant-Id",
        "X-OpenStack-Request-ID",
        "X-Trace-Info",
        "X-Trace-HMAC",
        "Client-id",
        # Beyond the defaults of Zaqar (http X-30): without the project's no browser gets through its preflight.
        "X-Project-ID",
        "X-Tenant",
        "EXTRA-SPEC",
        # What a page with a pre-signed URL sends, beside X-Project-ID.
        "URL-Signature",
        "URL-Expires",
        "URL-Methods",
        "URL-Paths",
    ],
    "expose_headers": [
        "X-Auth-Token",
        "X-Subject-Token",
        "X-Service-Token",
        "X-OpenStack-Request-ID",
        # Beyond them: where what was made is, and when to try again.
        "Location",
        "Retry-After",
        "Accept-Patch",
    ],
    "allow_methods": ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD"],
}


class _Cors(cors.CORS):
    """Names each header once, however often a preflight names it: the answer does not grow with the request."""

    @staticmethod
    def _split_header_values(request: Any, header_name: str) -> list[str]:
        values = cors.CORS._split_header_values(request, header_name)  # noqa: SLF001  # the only place to do it
        return list({value.lower(): value for value in values}.values())


def register(conf: cfg.ConfigOpts, *, section: str) -> None:
    """Make the options known, with our defaults in this configuration only."""
    conf.register_opts(cors.OPTS, group=section)
    for name, default in DEFAULTS.items():
        conf.set_default(name, default, group=section)


def set_sample_defaults() -> None:
    """Show our defaults in generated samples."""
    cors.set_defaults(**DEFAULTS)


def around(application: "WSGIApplication", conf: cfg.ConfigOpts) -> "WSGIApplication":
    """Return the application with CORS around it."""
    wrapped: WSGIApplication = _Cors(application, conf)
    return wrapped
