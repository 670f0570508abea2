"""The options of keystonemiddleware in ``[keystone_authtoken]``, where ``auth_strategy`` is ``keystone`` (http X-25, X-26)."""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from typing import Any

from keystoneauth1 import exceptions, loading, session
from keystonemiddleware import auth_token
from oslo_config import cfg

from zaqar.config import logins
from zaqar.config.authentication import SECTION
from zaqar.config.values import Options
from zaqar.errors import ConfigurationError, Unavailable, refuse_together

LONGEST_ANSWER = 10
"""Seconds that Keystone may take to tell its catalogue."""


def identity_uri(conf: cfg.ConfigOpts) -> str:
    """Return where clients get a token, as far as the configuration tells."""
    uri: str | None = conf[SECTION].www_authenticate_uri
    return uri or getattr(conf[logins.section_of(conf, SECTION)], "auth_url", None) or ""


def register(conf: cfg.ConfigOpts) -> None:
    """Make the section's options known, those of the chosen way to log in included."""
    for group, options in auth_token.list_opts():
        conf.register_opts(options, group=group)
    logins.register(conf, SECTION)


def check(conf: Options) -> None:
    """Refuse what would fail for every request: no user to log in as, files that are not there, a half-configured memcached."""
    refuse_together(
        lambda: _check_user(conf),
        lambda: logins.check_address(conf, SECTION),
        lambda: _check_files(conf),
        lambda: _check_strategy(conf),
        lambda: _check_memcached(conf),
    )


def _check_user(conf: Options) -> None:
    if not logins.is_given(conf, SECTION):
        section = logins.section_of(conf, SECTION)
        raise ConfigurationError(
            f"[DEFAULT] auth_strategy = keystone needs a user of the service: set [{section}] auth_type, usually to password, "
            "with auth_url, username, password, project_name and the domains of user and project."
        )
    logins.check(conf, SECTION)


def _check_files(conf: Options) -> None:
    group = conf[SECTION]
    names = ["certfile", "keyfile"] if group.insecure else ["cafile", "certfile", "keyfile"]
    if group.memcached_servers and group.memcache_tls_enabled:
        names += ["memcache_tls_cafile", "memcache_tls_certfile", "memcache_tls_keyfile"]
    wrong = []
    for name in names:
        path = group[name]
        if path and not os.access(path, os.R_OK):
            wrong.append(f"[{SECTION}] {name} = {path} does not exist or cannot be read.")
    if wrong:
        raise ConfigurationError(*wrong)


def _check_strategy(conf: Options) -> None:
    """Refuse protection of what is in memcached without a secret to protect it with, memcached or not, as the middleware does."""
    group = conf[SECTION]
    if group.memcache_security_strategy.lower() != "none" and not group.memcache_secret_key:
        raise ConfigurationError(
            f"[{SECTION}] memcache_security_strategy = {group.memcache_security_strategy} needs memcache_secret_key, too."
        )


def _check_memcached(conf: Options) -> None:
    group = conf[SECTION]
    if not group.memcached_servers:
        return
    module, library = ("memcache", "python-memcached")
    if group.memcache_tls_enabled or group.memcache_sasl_enabled:
        module, library = ("bmemcached", "python-binary-memcached")
    if importlib.util.find_spec(module) is None:
        raise ConfigurationError(
            f"[{SECTION}] memcached_servers is set and the library {library} is not installed: install it, or leave the option "
            "out. The service remembers tokens by itself, too."
        )


def catalogue(conf: cfg.ConfigOpts) -> Sequence[Mapping[str, Any]]:
    """Ask Keystone, as the user of the service, for its catalogue. Raises ``Unavailable``."""
    group = conf[SECTION]
    auth: Any = loading.load_auth_from_conf_options(conf, logins.section_of(conf, SECTION))
    asking = session.Session(
        verify=False if group.insecure else group.cafile or True,
        cert=(group.certfile, group.keyfile) if group.certfile and group.keyfile else None,
        timeout=LONGEST_ANSWER,
    )
    try:
        entries: Sequence[Mapping[str, Any]] = auth.get_access(asking).service_catalog.catalog
    except exceptions.ClientException as error:
        raise Unavailable(f"Keystone does not tell its catalogue ({type(error).__name__}).") from error
    return entries
