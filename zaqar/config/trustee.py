"""``[trustee]``: the user whom subscribers with a ``trust+`` URI let act for them (notifications N-53), where there is Keystone."""

import os
from typing import Any

from keystoneauth1 import loading
from oslo_config import cfg

from zaqar.config import logins
from zaqar.config.authentication import TRUSTEE
from zaqar.config.values import Options
from zaqar.errors import ConfigurationError, refuse_together

_SCOPES = (
    "domain_id",
    "domain_name",
    "project_id",
    "project_name",
    "project_domain_id",
    "project_domain_name",
    "system_scope",
)
"""Of a token; one for a trust has that of the trust, and no other."""


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options by group, for oslo.config's sample generator: those of a password, as nothing else is taken."""
    plugin = loading.get_auth_plugin_conf_options("password")
    return [(TRUSTEE, [*_common(), *(option for option in plugin if option.dest != "trust_id")])]


def register(conf: cfg.ConfigOpts) -> None:
    """Make the options of the section known, those of the chosen way to log in included."""
    conf.register_opts(_common(), group=TRUSTEE)
    logins.register(conf, TRUSTEE)


def check(conf: Options) -> None:
    """Refuse a trustee who could not log in, or not for a trust. There may be none."""
    if not logins.is_given(conf, TRUSTEE):
        return
    refuse_together(
        lambda: _check_kind(conf),
        lambda: logins.check(conf, TRUSTEE),
        lambda: logins.check_address(conf, TRUSTEE),
        lambda: _check_files(conf),
    )


def log_in(conf: cfg.ConfigOpts, *, trust_id: str | None = None) -> Any:
    """Return a plugin of keystoneauth that gets tokens of the trustee: those of a trust, or his own."""
    section = logins.section_of(conf, TRUSTEE)
    scope = {} if trust_id is None else {**dict.fromkeys(_SCOPES), "trust_id": trust_id}
    loader: Any = loading.get_plugin_loader(conf[section].auth_type)
    return loader.load_from_options_getter(lambda option: conf[section][option.dest], **scope)


def session(conf: cfg.ConfigOpts, **given: Any) -> Any:
    """Return a session of keystoneauth as the section has it; ``given`` goes to it, too."""
    return loading.load_session_from_conf_options(conf, TRUSTEE, **given)


def _common() -> list[cfg.Opt]:
    options: list[cfg.Opt] = [*loading.get_auth_common_conf_options(), *loading.get_session_conf_options()]
    return options


def _check_kind(conf: Options) -> None:
    section = logins.section_of(conf, TRUSTEE)
    kind = conf[section].auth_type
    if kind not in ("password", "v3password"):
        raise ConfigurationError(f"[{section}] auth_type = {kind} gets no tokens for trusts: it has to be password.")


def _check_files(conf: Options) -> None:
    group = conf[TRUSTEE]
    names = ("certfile", "keyfile") if group.insecure else ("cafile", "certfile", "keyfile")
    wrong = [name for name in names if group[name] and not os.access(group[name], os.R_OK)]
    if wrong:
        raise ConfigurationError(
            *(f"[{TRUSTEE}] {name} = {group[name]} does not exist or cannot be read." for name in wrong)
        )
