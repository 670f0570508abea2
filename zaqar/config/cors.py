"""``[cors]``: whether browsers may use the service, and from where (http X-30).

The library is in ``cors_middleware``, which is imported where the section is set only: with its own it takes a twentieth of a
second of every start.
"""

import importlib
import os
import re
from types import ModuleType
from typing import TYPE_CHECKING

from oslo_config import cfg

from zaqar.config.given import settings
from zaqar.config.values import Options
from zaqar.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SECTION = "cors"
_ORIGIN = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#\s]+")
_VARIABLES = f"OS_{SECTION}".upper()


def register(conf: Options) -> None:
    """Make the options known where any is set, perhaps with a mistake in a name; without, nothing reads them."""
    # What is nobody's may be meant for this section, as may a variable with an underscore too few: the hints need its names.
    known = conf.names()
    is_meant = any(setting.name not in known.get(setting.section, ()) for setting in settings(conf))
    if is_meant or any(variable.startswith(_VARIABLES) for variable in os.environ):
        _middleware().register(conf, section=SECTION)


def is_enabled(conf: cfg.ConfigOpts) -> bool:
    """Tell whether any origin is allowed."""
    return SECTION in conf and bool(conf.cors.allowed_origin)


def check_origins(conf: cfg.ConfigOpts) -> None:
    """Refuse an origin that no browser ever sends, so that nothing would match it."""
    if not is_enabled(conf):
        return
    wrong = [origin for origin in conf.cors.allowed_origin if origin != "*" and not _ORIGIN.fullmatch(origin)]
    if wrong:
        raise ConfigurationError(*(_sentence(origin) for origin in wrong))


def wrap(application: "WSGIApplication", conf: cfg.ConfigOpts) -> "WSGIApplication":
    """Return the application with CORS around it where an origin is allowed, else the application itself."""
    if not is_enabled(conf):
        return application
    wrapped: WSGIApplication = _middleware().around(application, conf)
    return wrapped


def set_sample_defaults() -> None:
    """Show our defaults in generated samples (entry point ``oslo.config.opts.defaults``); changes the library."""
    _middleware().set_sample_defaults()


def _sentence(origin: str) -> str:
    bare = origin.rstrip("/")
    hint = f"write {bare}." if _ORIGIN.fullmatch(bare) else "it has to be like https://dashboard.example.org:8080."
    return f"[cors] allowed_origin names {origin}, and no browser sends that: an origin has a scheme and a host, and no path: {hint}"


def _middleware() -> ModuleType:
    return importlib.import_module("zaqar.config.cors_middleware")
