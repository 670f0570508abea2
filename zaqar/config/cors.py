"""``[cors]``: oslo.middleware's options with the service's own defaults (http X-30)."""

from typing import TYPE_CHECKING

from oslo_config import cfg
from oslo_middleware import cors

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

GROUP_NAME = "cors"

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
    ],
    "expose_headers": ["X-Auth-Token", "X-Subject-Token", "X-Service-Token", "X-OpenStack-Request-ID"],
    "allow_methods": ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD"],
}


def register(conf: cfg.ConfigOpts) -> None:
    """Make the options known, with our defaults in this configuration only."""
    conf.register_opts(cors.OPTS, group=GROUP_NAME)
    for name, default in DEFAULTS.items():
        conf.set_default(name, default, group=GROUP_NAME)


def set_sample_defaults() -> None:
    """Show our defaults in generated samples (entry point ``oslo.config.opts.defaults``); changes the library."""
    cors.set_defaults(**DEFAULTS)


def is_enabled(conf: cfg.ConfigOpts) -> bool:
    """Tell whether any origin is allowed."""
    return bool(conf.cors.allowed_origin)


def wrap(application: "WSGIApplication", conf: cfg.ConfigOpts) -> "WSGIApplication":
    """Return the application with CORS around it where an origin is allowed, else the application itself."""
    if not is_enabled(conf):
        return application
    wrapped: WSGIApplication = cors.CORS(application, conf)
    return wrapped
