"""What every program does with its configuration before it begins."""

import dataclasses
import logging

from zaqar import config
from zaqar.deploy.mail import check_mail
from zaqar.deploy.stores import prepare, store_checks
from zaqar.deploy.subscribers import check_kinds
from zaqar.policies import Policy


@dataclasses.dataclass(frozen=True)
class Start:
    """The policy that was read, and notes for the operator, a sentence each."""

    policy: Policy
    notes: list[str]


def checks(*, serves_transport: bool) -> list[config.Check]:
    """Return what every program refuses in a configuration before it starts."""
    own = config.standard_checks(serves_transport=serves_transport)
    return [*own, *store_checks(), check_mail, check_kinds, Policy]


def start(conf: config.Options) -> Start:
    """Set up the log, read the policy, then make the stores ready, in this order. Raises ``ConfigurationError``."""
    start_log(conf)
    policy = Policy(conf)
    return Start(policy, [*prepare(conf), *policy.notes, *config.warnings(conf)])


def start_log(conf: config.Options) -> None:
    """Set up the log as the configuration says. Raises ``ConfigurationError``."""
    config.start_logging(conf)
    if not conf.debug:
        # Its steps on a new database would come before the line that says where the service is.
        logging.getLogger("alembic").setLevel(logging.WARNING)


def describe_authentication(conf: config.Options) -> str:
    """Return who authenticates requests, in few words."""
    if config.has_keystone(conf):
        return f"authentication by Keystone at {config.identity_uri(conf)}"
    return "authentication off!"
