"""What a configuration asks for that cannot be had (storage R8.1.1)."""

import contextlib
import functools

from oslo_config import cfg

from zaqar.config import cors, drivers, encryption, mail, notification, signed_url, storage
from zaqar.config.authentication import check_authentication
from zaqar.config.given import settings
from zaqar.config.groups import Group, is_set
from zaqar.config.libraries import idle_settings
from zaqar.config.logs import check_log_levels, check_log_place
from zaqar.config.registry import GROUPS
from zaqar.config.unknown import unknown_settings
from zaqar.config.values import Check, Options
from zaqar.errors import ConfigurationError

_STORES = ("message_store", "management_store")


def standard_checks(*, serves_transport: bool = True) -> list[Check]:
    """Return the refusals of what is not built, which is never half obeyed, and of what contradicts itself.

    ``serves_transport``: whether the process serves ``[drivers] transport``. Applications loaded by another WSGI server
    are HTTP whatever that option says, so that one file may serve two processes (storage R9.6.2).
    """
    return [
        check_authentication,
        _check_pooling,
        *([_check_transport] if serves_transport else []),
        *(functools.partial(_check_store, store=store) for store in _STORES),
        *(functools.partial(_check_pipeline, name=option.dest) for option in storage.GROUP.options),
        _check_client_id,
        _check_tls,
        signed_url.check_keys,
        encryption.check_keys,
        notification.check_networks,
        mail.check_mail,
        cors.check_origins,
        check_log_place,
        check_log_levels,
    ]


def warnings(conf: Options) -> list[str]:
    """Return what the operator should know about a configuration, a line each; nothing of it is refused."""
    lines = unknown_settings(conf)
    idle = idle_options(conf)
    if idle:
        lines.append(f"These options are set and have no use in this service, yet or any more: {', '.join(idle)}.")
    if storage.NOTIFIER in conf.storage.message_pipeline and not conf.notification.enabled:
        lines.append(f"[storage] names {storage.NOTIFIER}, but [notification] enabled is false: nobody is notified.")
    for warn in (signed_url.warnings, encryption.warnings, notification.warnings, mail.warnings):
        with contextlib.suppress(cfg.ConfigFileValueError, cfg.ConfigSourceValueError):  # a value that was refused
            lines += warn(conf)
    return lines


def idle_options(conf: cfg.ConfigOpts) -> list[str]:
    """Name what is set and does nothing."""
    own = [f"[{group.name}] {name}" for group in GROUPS for name in sorted(group.idle) if is_set(conf, group, name)]
    return own + idle_settings(conf)


def _check_pooling(conf: cfg.ConfigOpts) -> None:
    if conf.pooling:
        raise ConfigurationError("[DEFAULT] pooling = true is not built yet: set it to false, or leave it out.")


def _check_transport(conf: cfg.ConfigOpts) -> None:
    if conf.drivers.transport == "websocket":
        raise ConfigurationError("[drivers] transport = websocket is not built yet: set it to wsgi, or leave it out.")


def _check_store(conf: cfg.ConfigOpts, store: str) -> None:
    name = conf.drivers[store]
    if not is_built(store, name):
        *others, last = (group.name.rpartition(":")[2] for group in _groups_of(store) if not group.is_idle)
        raise ConfigurationError(
            f"[drivers] {store} = {name} is not built yet: set it to {', '.join(others)} or {last}."
        )
    if is_set(conf, drivers.GROUP, store):
        return
    own = f"drivers:{store}:{name}"
    foreign = [group for group in _groups_of(store) if group.name != own]
    given = [f"[{group.name}] uri" for group in foreign if is_set(conf, group, "uri")]
    given += [f"[{section}] uri" for section in _sections_of_others(conf, store)]
    if given:
        raise ConfigurationError(
            f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} set, but [drivers] {store} is not: name the store "
            "there, or remove the uri, so that messages do not end up in another store than the one you meant."
        )


def is_built(store: str, name: str) -> bool:
    """Tell whether a store of that name may be there: of one that is not built yet, only the options are known."""
    return not any(group.is_idle for group in _groups_of(store) if group.name == f"drivers:{store}:{name}")


def _groups_of(store: str) -> list[Group]:
    return [group for group in GROUPS if group.name.startswith(f"drivers:{store}:")]


def _sections_of_others(conf: cfg.ConfigOpts, store: str) -> list[str]:
    """Name the sections in files that give a uri to a driver that is not the service's own."""
    own = {group.name for group in _groups_of(store)}
    named = [each.section for each in settings(conf) if each.name == "uri" and not each.is_variable]
    return [name for name in dict.fromkeys(named) if name.startswith(f"drivers:{store}:") and name not in own]


def _check_pipeline(conf: cfg.ConfigOpts, *, name: str) -> None:
    stages = [stage for stage in conf.storage[name] if stage != storage.NOTIFIER]
    if stages:
        raise ConfigurationError(
            f"[storage] {name} names {', '.join(stages)}, and stages are not supported: remove "
            f"{'it' if len(stages) == 1 else 'them'}. A stage may refuse requests, so the service does not start without "
            "obeying it."
        )


def _check_client_id(conf: cfg.ConfigOpts) -> None:
    group = conf.transport
    if group.min_length_client_id > group.max_length_client_id:
        raise ConfigurationError(
            "[transport] min_length_client_id is greater than max_length_client_id: no client could be served."
        )


def _check_tls(conf: cfg.ConfigOpts) -> None:
    given = [name for name in ("tls_key", "tls_client_ca") if conf.server[name]]
    if given and not conf.server.tls_certificate:
        raise ConfigurationError(
            f"[server] {' and '.join(given)} {'is' if len(given) == 1 else 'are'} set without tls_certificate: set that, "
            "too, or none of them."
        )
