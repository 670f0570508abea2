"""Trusts of subscribers, where there is Keystone and a user for them."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from zaqar import config
from zaqar.clock import Clock, SystemClock
from zaqar.errors import Unavailable
from zaqar.operations.trusts import NoTrusts
from zaqar.operations.trusts import Trusts as Making

if TYPE_CHECKING:
    from zaqar.transport.tokens.trusts import Trusts


def making(conf: config.Options, clock: Clock | None) -> Making:
    """Return who makes trusts, or says why there are none."""
    if not config.has_keystone(conf):
        return NoTrusts("Subscribers with a trust need Keystone, and this service works without.")
    if not config.has_trustee(conf):
        return NoTrusts("Subscribers with a trust need a user to trust, and the operator has named none in [trustee].")
    return in_keystone(conf, clock)


def token_for(conf: config.Options) -> Callable[[str], tuple[str, float]]:
    """Return what gets a token for a trust; nothing is asked before."""
    return in_keystone(conf).token if config.has_trustee(conf) else _no_token


def in_keystone(conf: config.Options, clock: Clock | None = None) -> "Trusts":
    """Return those of Keystone, of which nothing is asked yet."""
    from zaqar.transport.tokens.trusts import Trusts

    clock = clock or SystemClock()
    return Trusts(
        log_in=functools.partial(config.log_in_trustee, conf),
        open_session=functools.partial(config.session_of_trustee, conf),
        now=lambda: clock.microseconds() // 1_000_000,
        most=max(1, conf.server.threads // 4),  # as of validations
    )


def _no_token(_: str) -> tuple[str, float]:
    raise Unavailable("The operator has named no user in [trustee].")
