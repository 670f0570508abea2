"""Trusts of subscribers, where there is Keystone and a user for them."""

import functools
from typing import TYPE_CHECKING

from zaqar import config
from zaqar.clock import Clock, SystemClock
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


def in_keystone(conf: config.Options, clock: Clock | None = None) -> "Trusts":
    """Return those of Keystone, of which nothing is asked yet."""
    from zaqar.transport.tokens.trusts import Trusts

    clock = clock or SystemClock()
    return Trusts(
        log_in=functools.partial(config.log_in_trustee, conf),
        open_session=functools.partial(config.session_of_trustee, conf),
        now=lambda: clock.microseconds() // 1_000_000,
    )
