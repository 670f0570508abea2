"""Sections that say as which user the service logs in to Keystone: the options of keystoneauth's plugins."""

import urllib.parse
from typing import Any

from keystoneauth1 import exceptions, loading
from oslo_config import cfg

from zaqar.config.values import Options, one_line
from zaqar.errors import ConfigurationError


def section_of(conf: cfg.ConfigOpts, name: str) -> str:
    """Return the section that has the user, which other sections may share."""
    section: str = conf[name].auth_section or name
    return section


def register(conf: cfg.ConfigOpts, name: str) -> None:
    """Make the options of the chosen way to log in known. Those of the choice are known already."""
    try:
        loader = _loader(conf, name)
    except (exceptions.NoMatchingPlugin, cfg.Error, ValueError):
        return  # which is refused
    if loader is not None:
        conf.register_opts(loading.get_auth_plugin_conf_options(loader), group=section_of(conf, name))


def is_given(conf: cfg.ConfigOpts, name: str) -> bool:
    """Tell whether a way to log in was chosen."""
    return bool(conf[section_of(conf, name)].auth_type)


def check(conf: Options, name: str) -> None:
    """Refuse a way to log in that there is not, and one that lacks what it needs."""
    section = section_of(conf, name)
    try:
        loader = _loader(conf, name)
        loader.load_from_options_getter(lambda option: conf[section][option.dest])
    except exceptions.NoMatchingPlugin:
        known = ", ".join(sorted(loading.get_available_plugin_names()))
        raise ConfigurationError(
            f"[{section}] auth_type = {conf[section].auth_type} is unknown: there are {known}."
        ) from None
    except exceptions.MissingRequiredOptions as error:
        names = ", ".join(option.dest for option in error.options)
        raise ConfigurationError(f"[{section}] auth_type = {conf[section].auth_type} needs {names}, too.") from None
    except exceptions.ClientException as error:
        raise ConfigurationError(f"[{section}] cannot be used: {one_line(error)}") from None
    _check_password(conf, section)


def check_address(conf: Options, name: str) -> None:
    """Refuse what is no address of a Keystone."""
    section = section_of(conf, name)
    uri = getattr(conf[section], "auth_url", None)
    if not uri:
        return
    try:
        parts = urllib.parse.urlsplit(uri)
    except ValueError:
        parts = urllib.parse.SplitResult("", "", "", "", "")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"[{section}] auth_url is no address of a Keystone: it has to be like http://controller:5000/v3."
        )


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


def _loader(conf: cfg.ConfigOpts, name: str) -> Any:
    section = section_of(conf, name)
    if section != name:
        conf.register_opts(loading.get_auth_common_conf_options(), group=section)
    chosen = conf[section].auth_type
    return loading.get_plugin_loader(chosen) if chosen else None
