"""``auth_strategy``: whether requests are authenticated, and by whom (http X-24, X-25).

What concerns Keystone is in ``keystone``, which is imported where Keystone is chosen only: with its libraries it takes half a
second, and 15 MiB in each process.
"""

import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from oslo_config import cfg

from zaqar.config.values import Options
from zaqar.errors import ConfigurationError, refuse_together

SECTION = "keystone_authtoken"
TRUSTEE = "trustee"
READ = (SECTION, TRUSTEE)
"""The sections that are read where there is Keystone."""
STRATEGIES = ("keystone", "noauth")
"""What ``auth_strategy`` may be, beside empty, which is the same as ``noauth``."""

IDLE = ("delay_auth_decision",)
"""Options of the section that do nothing: a request without a good token is never left to anybody else."""


def has_keystone(conf: cfg.ConfigOpts) -> bool:
    """Tell whether requests are authenticated."""
    return bool(conf.auth_strategy == "keystone")


def identity_uri(conf: cfg.ConfigOpts) -> str:
    """Return where clients of Keystone get a token, as far as the configuration tells."""
    uri: str = _keystone().identity_uri(conf)
    return uri


def catalogue(conf: cfg.ConfigOpts) -> Sequence[Mapping[str, Any]]:
    """Return Keystone's catalogue, as the user of the service sees it. Raises ``Unavailable``."""
    entries: Sequence[Mapping[str, Any]] = _keystone().catalogue(conf)
    return entries


def register(conf: cfg.ConfigOpts) -> None:
    """Make the options of ``[keystone_authtoken]`` known where Keystone is chosen; without, nothing reads them."""
    try:
        is_chosen = has_keystone(conf)
    except (cfg.Error, ValueError):
        return  # which is refused
    if is_chosen:
        _keystone().register(conf)
        _trustee().register(conf)


def check_authentication(conf: Options) -> None:
    """Refuse a strategy that there is not, and Keystone without a way to log in to it."""
    strategy = conf.auth_strategy
    if strategy and strategy not in STRATEGIES:
        raise ConfigurationError(
            f"[DEFAULT] auth_strategy = {strategy} is unknown: there are {' and '.join(STRATEGIES)}, and empty for noauth."
        )
    if has_keystone(conf):
        refuse_together(lambda: _keystone().check(conf), lambda: _trustee().check(conf))


def has_trustee(conf: cfg.ConfigOpts) -> bool:
    """Tell whether there is a user whom others can let act for them."""
    if not has_keystone(conf):
        return False
    return bool(conf[conf[TRUSTEE].auth_section or TRUSTEE].auth_type)


def log_in_trustee(conf: cfg.ConfigOpts, *, trust_id: str | None = None) -> Any:
    """Return a plugin of keystoneauth that gets tokens of the trustee: those of a trust, or his own."""
    return _trustee().log_in(conf, trust_id=trust_id)


def session_of_trustee(conf: cfg.ConfigOpts, **given: Any) -> Any:
    """Return a session of keystoneauth as ``[trustee]`` has it; ``given`` goes to it, too."""
    return _trustee().session(conf, **given)


def _trustee() -> ModuleType:
    return importlib.import_module("zaqar.config.trustee")


def _keystone() -> ModuleType:
    return importlib.import_module("zaqar.config.keystone")
