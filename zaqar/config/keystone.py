"""``auth_strategy``, and with Keystone the options of keystonemiddleware in ``[keystone_authtoken]`` (http X-24 to X-26)."""

import importlib.util
from typing import Any

from keystoneauth1 import exceptions, loading
from oslo_config import cfg

from zaqar.config.values import Options, one_line
from zaqar.errors import ConfigurationError

SECTION = "keystone_authtoken"
STRATEGIES = ("keystone", "noauth")
"""What ``auth_strategy`` may be, beside empty, which is the same as ``noauth``."""

IDLE = ("delay_auth_decision",)
"""Options of the section that do nothing: a request without a good token is never left to anybody else."""


def has_keystone(conf: cfg.ConfigOpts) -> bool:
    """Tell whether requests are authenticated."""
    return bool(conf.auth_strategy == "keystone")


def identity_uri(conf: cfg.ConfigOpts) -> str:
    """Return where clients get a token, as far as the configuration tells."""
    uri: str | None = conf[SECTION].www_authenticate_uri
    return uri or getattr(conf[_plugin_section(conf)], "auth_url", None) or ""


def register(conf: cfg.ConfigOpts) -> None:
    """Make the section's options known, those of the chosen way to log in included, where Keystone is to be asked."""
    if not has_keystone(conf):
        return
    # Half a second and 15 MiB, for those only who want it.
    from keystonemiddleware import auth_token  # noqa: PLC0415

    for group, options in auth_token.list_opts():
        conf.register_opts(options, group=group)
    try:
        loader = _loader(conf)
    except (exceptions.NoMatchingPlugin, cfg.Error, ValueError):
        return  # which is refused
    if loader is not None:
        conf.register_opts(loading.get_auth_plugin_conf_options(loader), group=_plugin_section(conf))


def check_authentication(conf: Options) -> None:
    """Refuse a strategy that there is not, and Keystone without a way to log in to it."""
    strategy = conf.auth_strategy
    if strategy and strategy not in STRATEGIES:
        raise ConfigurationError(
            f"[DEFAULT] auth_strategy = {strategy} is unknown: there are {' and '.join(STRATEGIES)}, and empty for noauth."
        )
    if strategy == "keystone":
        _check_plugin(conf)
        _check_memcached(conf)


def _check_plugin(conf: Options) -> None:
    section = _plugin_section(conf)
    try:
        loader = _loader(conf)
    except exceptions.NoMatchingPlugin:
        known = ", ".join(sorted(loading.get_available_plugin_names()))
        raise ConfigurationError(
            f"[{section}] auth_type = {conf[section].auth_type} is unknown: there are {known}."
        ) from None
    if loader is None:
        raise ConfigurationError(
            f"[DEFAULT] auth_strategy = keystone needs a user of the service: set [{section}] auth_type, usually to password, "
            "with auth_url, username, password, project_name and the domains of user and project."
        )
    try:
        loader.load_from_options_getter(lambda option: conf[section][option.dest])
    except exceptions.MissingRequiredOptions as error:
        names = ", ".join(option.dest for option in error.options)
        raise ConfigurationError(f"[{section}] auth_type = {conf[section].auth_type} needs {names}, too.") from None
    except exceptions.ClientException as error:
        raise ConfigurationError(f"[{section}] cannot be used: {one_line(error)}") from None
    _check_password(conf, section)


def _check_password(conf: Options, section: str) -> None:
    """Refuse a password that is missing: keystoneauth would only find out when it is used."""
    group = conf[section]
    if not group.auth_type.endswith("password"):
        return
    missing = [] if group.username or group.user_id else ["username"]
    if not group.password:
        missing.append("password")
    if missing:
        raise ConfigurationError(f"[{section}] auth_type = {group.auth_type} needs {' and '.join(missing)}, too.")


def _check_memcached(conf: Options) -> None:
    if conf[SECTION].memcached_servers and importlib.util.find_spec("memcache") is None:
        raise ConfigurationError(
            f"[{SECTION}] memcached_servers is set and the library python-memcached is not installed: install the extra "
            "memcached, or leave the option out. The service remembers tokens by itself, too."
        )


def _loader(conf: cfg.ConfigOpts) -> Any:
    section = _plugin_section(conf)
    if section != SECTION:
        conf.register_opts(loading.get_auth_common_conf_options(), group=section)
    name = conf[section].auth_type
    return loading.get_plugin_loader(name) if name else None


def _plugin_section(conf: cfg.ConfigOpts) -> str:
    """Return the section with the user of the service, which other sections may share."""
    section: str = conf[SECTION].auth_section or SECTION
    return section
