"""The composition root: configuration in, application out. It alone knows every layer."""

import logging
import os
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, Literal

from oslo_config import cfg
from oslo_log import log as oslo_log

from zaqar import config
from zaqar.clock import Clock, SystemClock
from zaqar.errors import ConfigurationError
from zaqar.operations.claims import Claims
from zaqar.operations.health import Health
from zaqar.operations.messages import Messages
from zaqar.operations.queues import Queues
from zaqar.operations.settings_cache import SettingsCache
from zaqar.policies import Policy
from zaqar.storage.routing import SingleStore
from zaqar.storage.sweeper import Sweeper

LOG = logging.getLogger(__name__)

Store = Literal["message_store", "management_store"]
WSGIApplication = Callable[..., Any]

CONFIG_FILE_VARIABLE = "ZAQAR_CONFIG_FILE"
_GROUPS: dict[Store, str] = {"message_store": "zaqar.storage.message", "management_store": "zaqar.storage.management"}


class Service:
    """The operations over their stores, ready for a transport."""

    def __init__(self, conf: cfg.ConfigOpts, *, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        self.limits = config.limits(conf)
        self._management = _open(conf, "management_store", clock)
        self._routing = SingleStore(_open(conf, "message_store", clock))
        policy = Policy(conf)
        self.queues = Queues(
            management=self._management,
            routing=self._routing,
            authorization=policy,
            limits=self.limits,
            cache=SettingsCache(conf.queue_cache_time),
        )
        self.messages = Messages(queues=self.queues, routing=self._routing, authorization=policy, limits=self.limits)
        self.claims = Claims(queues=self.queues, routing=self._routing, authorization=policy, limits=self.limits)
        self.health = Health(routing=self._routing, authorization=policy)
        self.description = describe(conf)
        self.sweeper = Sweeper(self.sweep)

    def sweep(self) -> int:
        """Reclaim what has expired; return how many messages and claims went."""
        return sum(store.sweep() for store in self._routing.stores())

    def close(self) -> None:
        """Stop background work and release connections."""
        self.sweeper.stop()
        for store in self._routing.stores():
            store.close()
        self._management.close()


def prepare(conf: cfg.ConfigOpts) -> None:
    """Bring embedded databases to the newest schema. Raises ``ConfigurationError``."""
    for store in _GROUPS:
        if conf.drivers[store] == "sqlalchemy":
            from zaqar.storage.sql import migration

            migration.prepare(config.store_uri(conf, store))


def service(conf: cfg.ConfigOpts, *, clock: Clock | None = None) -> Service:
    """Return the service that ``conf`` describes. Raises ``ConfigurationError``."""
    return Service(conf, clock=clock)


def wsgi_application(conf: cfg.ConfigOpts, *, clock: Clock | None = None, access_log: bool = False) -> WSGIApplication:
    """Return the HTTP application. Raises ``ConfigurationError``."""
    from zaqar.transport.wsgi import routes
    from zaqar.transport.wsgi.client_id import ClientIdRule

    built = service(conf, clock=clock)
    rule = ClientIdRule(
        is_strict=conf.transport.client_id_uuid_safe == "strict",
        least=conf.transport.min_length_client_id,
        most=conf.transport.max_length_client_id,
    )
    app = routes.application(
        queues=built.queues,
        messages=built.messages,
        claims=built.claims,
        health=built.health,
        limits=built.limits,
        client_id_rule=rule,
        has_access_log=access_log,
    )
    if clock is None:
        app.add_middleware(built.sweeper)
    return config.cors.wrap(app, conf)


def hosted_application() -> WSGIApplication:
    """Return the application for a WSGI server that imports it, databases made ready."""
    names = os.environ.get(CONFIG_FILE_VARIABLE)
    conf = config.load(files=names.split(":") if names else None)
    oslo_log.setup(conf, "zaqar")
    config.check(conf, serves_transport=False)
    prepare(conf)
    for sentence in config.warnings(conf):
        LOG.warning("%s", sentence)
    return wsgi_application(conf)


def describe(conf: cfg.ConfigOpts) -> str:
    """Return where the data is, in one line."""
    places = {store: _place(conf, store) for store in _GROUPS}
    if len(set(places.values())) == 1:
        return f"messages and queues in {places['message_store']}"
    return f"messages in {places['message_store']}, queues in {places['management_store']}"


def _open(conf: cfg.ConfigOpts, store: Store, clock: Clock) -> Any:
    name = conf.drivers[store]
    found = entry_points(group=_GROUPS[store], name=name)
    if not found:
        known = ", ".join(sorted(point.name for point in entry_points(group=_GROUPS[store])))
        raise ConfigurationError(f"[drivers] {store} names no installed driver: {name}. Installed: {known}.")
    make = next(iter(found)).load()
    if name == "sqlalchemy":
        return make(config.store_uri(conf, store), synchronous=config.synchronous(conf, store), clock=clock)
    group = f"drivers:{store}:{name}"
    conf.register_opt(cfg.StrOpt("uri", secret=True), group=group)
    return make(conf[group].uri, clock=clock)


def _place(conf: cfg.ConfigOpts, store: Store) -> str:
    if conf.drivers[store] != "sqlalchemy":
        return str(conf.drivers[store])
    from zaqar.storage.sql.connection import database_path

    synchronous = config.synchronous(conf, store)
    return f"{database_path(config.store_uri(conf, store))} (sqlite, synchronous={synchronous})"
