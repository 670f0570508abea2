"""What a configuration asks for that cannot be had (design, decisions 16 and 18)."""

from oslo_config import cfg

from zaqar.config import drivers, storage
from zaqar.config.groups import Group, is_set
from zaqar.config.libraries import idle_settings
from zaqar.config.registry import GROUPS
from zaqar.errors import ConfigurationError

_STORES = ("message_store", "management_store")
_STORES_NOT_BUILT = frozenset({"swift"})


def check(conf: cfg.ConfigOpts, *, serves_transport: bool = True) -> None:
    """Refuse what is not built, rather than half obey it.

    ``serves_transport``: whether the process serves ``[drivers] transport``. Applications loaded by another WSGI server
    are HTTP whatever that option says, so that one file may serve two processes (storage R9.6.2).
    """
    _check_authentication(conf)
    _check_pooling(conf)
    if serves_transport:
        _check_transport(conf)
    for store in _STORES:
        _check_store(conf, store)
    _check_pipelines(conf)
    _check_client_id(conf)
    _check_tls(conf)


def warnings(conf: cfg.ConfigOpts) -> list[str]:
    """Return what the operator should know about a configuration that passes ``check``, a line each."""
    lines = []
    idle = [f"[{group.name}] {name}" for group in GROUPS for name in sorted(group.idle) if is_set(conf, group, name)]
    idle += idle_settings(conf)
    if idle:
        lines.append(f"These options are set and have no use in this service, yet or any more: {', '.join(idle)}.")
    if any(conf.storage[option.dest] for option in storage.GROUP.options):
        lines.append(f"[storage] names {storage.NOTIFIER}, but subscriptions are not built yet: nobody is notified.")
    return lines


def _check_authentication(conf: cfg.ConfigOpts) -> None:
    strategy = conf.auth_strategy
    if strategy == "keystone":
        raise ConfigurationError(
            "[DEFAULT] auth_strategy = keystone is not built yet: leave it empty and put an authenticating proxy or "
            "middleware in front of the service."
        )
    if strategy:
        raise ConfigurationError(f"[DEFAULT] auth_strategy = {strategy} is unknown: leave it empty.")


def _check_pooling(conf: cfg.ConfigOpts) -> None:
    if conf.pooling:
        raise ConfigurationError("[DEFAULT] pooling = true is not built yet: set it to false, or leave it out.")


def _check_transport(conf: cfg.ConfigOpts) -> None:
    if conf.drivers.transport == "websocket":
        raise ConfigurationError("[drivers] transport = websocket is not built yet: set it to wsgi, or leave it out.")


def _check_store(conf: cfg.ConfigOpts, store: str) -> None:
    name = conf.drivers[store]
    if name in _STORES_NOT_BUILT:
        raise ConfigurationError(
            f"[drivers] {store} = {name} is not built yet: set it to sqlalchemy, redis or mongodb."
        )
    if is_set(conf, drivers.GROUP, store):
        return
    for group in _foreign_groups(store):
        if is_set(conf, group, "uri"):
            raise ConfigurationError(
                f"[{group.name}] uri is set, but [drivers] {store} is not: name the store there, or remove the uri, "
                "so that messages do not end up in another store than the one you meant."
            )


def _foreign_groups(store: str) -> list[Group]:
    own = f"drivers:{store}:sqlalchemy"
    return [group for group in GROUPS if group.name.startswith(f"drivers:{store}:") and group.name != own]


def _check_pipelines(conf: cfg.ConfigOpts) -> None:
    for option in storage.GROUP.options:
        for stage in conf.storage[option.dest]:
            if stage != storage.NOTIFIER:
                raise ConfigurationError(
                    f"[storage] {option.name} names the stage {stage}, and stages are not supported: remove it. A "
                    "stage may refuse requests, so the service does not start without obeying it."
                )


def _check_client_id(conf: cfg.ConfigOpts) -> None:
    group = conf.transport
    if group.min_length_client_id > group.max_length_client_id:
        raise ConfigurationError(
            "[transport] min_length_client_id is greater than max_length_client_id: no client could be served."
        )


def _check_tls(conf: cfg.ConfigOpts) -> None:
    for name in ("tls_key", "tls_client_ca"):
        if conf.server[name] and not conf.server.tls_certificate:
            raise ConfigurationError(f"[server] {name} is set without tls_certificate: set both, or neither.")
