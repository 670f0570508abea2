"""The composition root: configuration in, application out. It alone knows every layer."""

import dataclasses
import functools
import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zaqar import config
from zaqar.background import Background
from zaqar.clock import Clock, SystemClock
from zaqar.operations import Operations
from zaqar.policies import Policy
from zaqar.storage import drivers
from zaqar.storage.driver import ROLES, Chosen, Role
from zaqar.storage.routing import SingleStore
from zaqar.storage.sweeping import Sweeping

if TYPE_CHECKING:
    from zaqar.transport.tokens.tokens import Tokens

LOG = logging.getLogger(__name__)

WSGIApplication = Callable[..., Any]

CONFIG_FILE_VARIABLE = "ZAQAR_CONFIG_FILE"


@dataclasses.dataclass(frozen=True)
class Start:
    """What a program starts with: the policy, and what the operator should know, a sentence each."""

    policy: Policy
    notes: list[str]


def checks(*, serves_transport: bool) -> list[config.Check]:
    """Return what every program refuses in a configuration before it starts."""
    return [*config.standard_checks(serves_transport=serves_transport), *store_checks(), Policy]


def start(conf: config.Options) -> Start:
    """Let the log go where it is to, read the policy, then make the stores ready. Raises ``ConfigurationError``."""
    start_log(conf)
    policy = Policy(conf)
    return Start(policy, [*prepare(conf), *policy.notes, *config.warnings(conf)])


def start_log(conf: config.Options) -> None:
    """Let the log go where the configuration says. Raises ``ConfigurationError``."""
    config.start_logging(conf)
    if not conf.debug:
        # Its steps on a new database would come before the line that says where the service is.
        logging.getLogger("alembic").setLevel(logging.WARNING)


class Service:
    """The operations over their stores, ready for a transport."""

    def __init__(self, conf: config.Options, *, policy: Policy | None = None, clock: Clock | None = None) -> None:
        self._management = chosen(conf, "management_store").management_store(clock)
        self._routing = SingleStore(chosen(conf, "message_store").message_store(clock))
        self.signer = config.signer(conf, clock or SystemClock())
        self.operations = Operations.over(
            management=self._management,
            routing=self._routing,
            authorization=policy or Policy(conf),
            limits=config.limits(conf),
            signer=self.signer,
            cipher=config.cipher(conf),
            settings_seconds=conf.queue_cache_time,
        )
        self.description = describe(conf)
        self.background = Background([Sweeping(store).task() for store in self._routing.stores()])

    def sweep(self) -> int:
        """Reclaim what has expired; return how many messages and claims went."""
        return sum(store.sweep() for store in self._routing.stores())

    def close(self) -> None:
        """Stop background work and release connections."""
        self.background.stop()
        for store in self._routing.stores():
            store.close()
        self._management.close()


def prepare(conf: config.Options) -> list[str]:
    """Make the stores ready; where both are one, once. Raises ``ConfigurationError``.

    Returns what the operator should know of them, a sentence each.
    """
    ready: list[Chosen] = []
    notes: list[str] = []
    for role in ROLES:
        store = chosen(conf, role)
        if store not in ready:
            ready.append(store)
            notes += store.prepare()
    return list(dict.fromkeys(notes))


def service(conf: config.Options, *, clock: Clock | None = None) -> Service:
    """Return the service that ``conf`` describes. Raises ``ConfigurationError``."""
    return Service(conf, clock=clock)


def wsgi_application(
    conf: config.Options,
    *,
    policy: Policy | None = None,
    clock: Clock | None = None,
    access_log: bool = False,
    background: bool = True,
) -> WSGIApplication:
    """Return the HTTP application, and start what runs beside its requests, in processes that are forked later, too.

    Without a ``policy`` its files are read. Raises ``ConfigurationError``.
    """
    from zaqar.transport.identity import ClientIdRule
    from zaqar.transport.wsgi.application import application

    built = Service(conf, policy=policy, clock=clock)
    rule = ClientIdRule(
        is_strict=conf.transport.client_id_uuid_safe == "strict",
        least=conf.transport.min_length_client_id,
        most=conf.transport.max_length_client_id,
    )
    app = application(
        built.operations,
        client_id_rule=rule,
        signer=built.signer,
        tokens=_tokens(conf),
        has_access_log=access_log,
    )
    if background:
        built.background.start()
    return config.cors.wrap(app, conf)


def _tokens(conf: config.Options) -> "Tokens | None":
    """Return who knows the tokens of requests; nobody where there is no authentication."""
    if not config.has_keystone(conf):
        return None
    from zaqar.transport.tokens.keystone import Keystone
    from zaqar.transport.tokens.tokens import Tokens

    # The other threads are left to requests whose tokens are known.
    return Tokens(Keystone(conf, uri=config.identity_uri(conf)), most_validations=max(1, conf.server.threads // 4))


def hosted_application() -> WSGIApplication:
    """Return the application for a WSGI server that imports it, databases made ready."""
    names = os.environ.get(CONFIG_FILE_VARIABLE)
    conf = config.load(files=names.split(":") if names else None, checks=checks(serves_transport=False))
    started = start(conf)
    for sentence in started.notes:
        LOG.warning("%s", sentence)
    return wsgi_application(conf, policy=started.policy)


def store_checks() -> list[config.Check]:
    """Return the refusals of stores that cannot be, as far as that shows without opening them."""
    return [functools.partial(_check_store, role=role) for role in ROLES]


def _check_store(conf: config.Options, *, role: Role) -> None:
    if config.is_built(role, conf.drivers[role]):  # else the configuration has refused it
        chosen(conf, role).check()


def describe(conf: config.Options) -> str:
    """Return where the data is, in one line."""
    messages, queues = (chosen(conf, role).place for role in ROLES)
    if messages == queues:
        return f"messages and queues in {messages}"
    return f"messages in {messages}, queues in {queues}"


def describe_authentication(conf: config.Options) -> str:
    """Return who authenticates requests, in few words."""
    if config.has_keystone(conf):
        return f"authentication by Keystone at {config.identity_uri(conf)}"
    return "authentication off!"


def chosen(conf: config.Options, role: Role) -> Chosen:
    """Return the driver of a store with what the configuration says of it. Raises ``ConfigurationError``."""
    driver = _driver(role, conf.drivers[role])
    return Chosen(driver, config.store_options(conf, role, driver.name, driver.options))


# Looking for what is installed takes ten milliseconds, and every step of a start asks.
_driver = functools.cache(drivers.named)
