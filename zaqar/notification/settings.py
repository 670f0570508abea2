"""What an operator decides of delivering, as plain values."""

import dataclasses
from collections.abc import Callable, Sequence

from zaqar.errors import Unavailable
from zaqar.limits import Limits
from zaqar.notification.destinations import Network
from zaqar.notification.mail.settings import MailSettings


def _nobody(_: str) -> bool:
    return False


def _no_token(_: str) -> tuple[str, float]:
    raise Unavailable("There is no Keystone.")


def _nowhere() -> None:
    return None


@dataclasses.dataclass(frozen=True, kw_only=True)
class NotifierSettings:
    """Times in seconds."""

    max_workers: int = 64
    """Deliveries in progress at a time."""
    connect_timeout: float = 10.0
    total_timeout: float = 30.0
    require_confirmation: bool = False
    allowed_networks: Sequence[Network] = ()
    denied_networks: Sequence[Network] = ()
    allows_local: bool = False
    """Whether loopback and private addresses are reached, as the service itself lets everybody in."""
    is_trusted_host: Callable[[str], bool] = _nobody
    """Whether a host is exempt from what the networks say: those of endpoints in Keystone's catalogue are."""
    confirmation_page: Callable[[], str | None] = _nowhere
    """Tells the address of the page on which subscribers confirm, if it is known."""
    token_for: Callable[[str], tuple[str, float]] = _no_token
    """Returns a token for a trust, by its id, and for how many seconds it is good; waits for Keystone.

    Raises ``TrustLost`` where there is none to be had, and ``Unavailable``.
    """

    mail: MailSettings | None = None
    """None: no mail is sent."""
    limits: Limits = dataclasses.field(default_factory=Limits)
    """Those of requests."""

    lease: float = 3.0
    save_interval: float = 1.0
    sweep_interval: float = 1.0
    idle: float = 1.0
    """How long a subscription that has nothing to do is held."""
    tick: float = 0.25
    """How often a queue looks what has become due."""
    grace: float = 5.0
    """How long stopping waits for attempts in progress."""
    most_leased: int = 1000
    """Subscriptions held at a time."""
    longest_held: float = 10.0
    """How long a subscription is held that others wait for, as all of ``most_leased`` are taken."""
    most_window_bytes: int = 32 * 1024 * 1024
    """Of notices that are kept, over all queues."""
