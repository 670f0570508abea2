"""The composition root: configuration in, application out. It alone knows every layer."""

import functools
import logging
import os
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, Literal

from oslo_config import cfg

from zaqar import config
from zaqar.clock import Clock, SystemClock
from zaqar.errors import ConfigurationError, refuse_together
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
_MONGODB = ("mongodb", "mongodb.fifo")


class Service:
    """The operations over their stores, ready for a transport."""

    def __init__(self, conf: cfg.ConfigOpts, *, policy: Policy | None = None, clock: Clock | None = None) -> None:
        self.limits = config.limits(conf)
        self._management = _open(conf, "management_store", clock)
        self._routing = SingleStore(_open(conf, "message_store", clock))
        policy = policy or Policy(conf)
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
        self.sweeper = Sweeper(self._sweep_in_turn)

    def sweep(self) -> int:
        """Reclaim what has expired; return how many messages and claims went."""
        return sum(store.sweep() for store in self._routing.stores())

    def _sweep_in_turn(self) -> bool:
        """Sweep where no other process does; tell whether there was such a store."""
        turns = [store for store in self._routing.stores() if store.is_turn_to_sweep()]
        for store in turns:
            store.sweep()
        return bool(turns)

    def close(self) -> None:
        """Stop background work and release connections."""
        self.sweeper.stop()
        for store in self._routing.stores():
            store.close()
        self._management.close()


def prepare(conf: cfg.ConfigOpts) -> list[str]:
    """Make the stores ready: embedded databases come to the newest schema, a Redis is asked what it is.

    Returns what the operator should know of them, a line each. Raises ``ConfigurationError``.
    """
    asked: list[dict[str, Any]] = []
    lines: list[str] = []
    for store in _GROUPS:
        if conf.drivers[store] == "sqlalchemy":
            from zaqar.storage.sql import migration

            lines += migration.prepare(config.store_uri(conf, store))
        elif conf.drivers[store] == "redis":
            options = config.redis_options(conf, store)
            if options not in asked:
                from zaqar.storage.redis import start

                asked.append(options)
                lines += start.warnings(**options)
        elif conf.drivers[store] in _MONGODB:
            options = config.mongodb_options(conf, store)
            if options not in asked:
                from zaqar.storage import mongodb

                asked.append(options)
                lines += mongodb.warnings(**options)
    return list(dict.fromkeys(lines))


def service(conf: cfg.ConfigOpts, *, clock: Clock | None = None) -> Service:
    """Return the service that ``conf`` describes. Raises ``ConfigurationError``."""
    return Service(conf, clock=clock)


def wsgi_application(
    conf: cfg.ConfigOpts, *, policy: Policy | None = None, clock: Clock | None = None, access_log: bool = False
) -> WSGIApplication:
    """Return the HTTP application; without a ``policy`` its files are read. Raises ``ConfigurationError``."""
    from zaqar.transport.wsgi import routes
    from zaqar.transport.wsgi.client_id import ClientIdRule

    built = Service(conf, policy=policy, clock=clock)
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
    checks = [*config.standard_checks(serves_transport=False), *store_checks(), Policy]
    conf = config.load(files=names.split(":") if names else None, checks=checks)
    config.start_logging(conf)
    policy = Policy(conf)
    for sentence in (*prepare(conf), *policy.notes, *config.warnings(conf)):
        LOG.warning("%s", sentence)
    return wsgi_application(conf, policy=policy)


def store_checks() -> list[config.Check]:
    """Return the refusals of stores that cannot be, as far as that shows without opening them."""
    return [functools.partial(_check_store, store=store) for store in _GROUPS]


def _check_store(conf: cfg.ConfigOpts, *, store: Store) -> None:
    name = conf.drivers[store]
    if name in config.STORES_NOT_BUILT:
        return  # which the configuration has refused
    _driver(conf, store)  # a client library that is missing is told here, not by every worker
    if name == "sqlalchemy":
        from zaqar.storage.sql.place import check_place

        check_place(config.store_uri(conf, store))
        return
    steps = [functools.partial(_place, conf, store)]
    if name in _MONGODB:
        from zaqar.storage.mongodb.address import check_name

        steps.append(functools.partial(check_name, config.mongodb_options(conf, store).get("database", "zaqar")))
    refuse_together(*steps)


def describe(conf: cfg.ConfigOpts) -> str:
    """Return where the data is, in one line."""
    places = {store: _place(conf, store) for store in _GROUPS}
    if len(set(places.values())) == 1:
        return f"messages and queues in {places['message_store']}"
    return f"messages in {places['message_store']}, queues in {places['management_store']}"


def _open(conf: cfg.ConfigOpts, store: Store, clock: Clock | None) -> Any:
    name, make = conf.drivers[store], _driver(conf, store)
    if name == "redis":
        return make(**config.redis_options(conf, store), clock=clock)  # without a clock it follows the server's
    if name in _MONGODB:
        return make(**config.mongodb_options(conf, store), clock=clock)
    if name == "sqlalchemy":  # without a clock it has its own, which rests on the host's uptime
        return make(config.store_uri(conf, store), synchronous=config.synchronous(conf, store), clock=clock)
    group = f"drivers:{store}:{name}"
    conf.register_opt(cfg.StrOpt("uri", secret=True), group=group)
    return make(conf[group].uri, clock=clock or SystemClock())


def _driver(conf: cfg.ConfigOpts, store: Store) -> Callable[..., Any]:
    """Return what opens the store."""
    name = conf.drivers[store]
    found = entry_points(group=_GROUPS[store], name=name)
    if not found:
        known = ", ".join(sorted(point.name for point in entry_points(group=_GROUPS[store])))
        raise ConfigurationError(f"[drivers] {store} names no installed driver: {name}. Installed: {known}.")
    point = next(iter(found))
    try:
        make: Callable[..., Any] = point.load()
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        sentence = f"[drivers] {store} = {name} needs the Python package {package}, which is not installed"
        is_ours = point.value.startswith("zaqar.storage.")
        extra = f": install the service with the extra {name}, as in pip install '.[{name}]'" if is_ours else ""
        raise ConfigurationError(f"{sentence}{extra}.") from error
    return make


def _place(conf: cfg.ConfigOpts, store: Store) -> str:
    if conf.drivers[store] == "redis":
        from zaqar.storage.redis.address import parse

        return parse(config.redis_options(conf, store)["uri"]).place
    if conf.drivers[store] in _MONGODB:
        from zaqar.storage.mongodb import place

        return place(**config.mongodb_options(conf, store))
    if conf.drivers[store] != "sqlalchemy":
        return str(conf.drivers[store])
    from zaqar.storage.sql.opening import database_path

    synchronous = config.synchronous(conf, store)
    return f"{database_path(config.store_uri(conf, store))} (sqlite, synchronous={synchronous})"
