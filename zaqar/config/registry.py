"""The list of all configuration groups of the service."""

from oslo_config import cfg

from zaqar.config import (
    drivers,
    mongodb,
    notification,
    pooling,
    profiler,
    redis,
    server,
    service,
    signed_url,
    sqlalchemy,
    storage,
    swift,
    transport,
    websocket,
    wsgi,
)
from zaqar.config.groups import Group

GROUPS: tuple[Group, ...] = (
    service.GROUP,
    server.GROUP,
    drivers.GROUP,
    sqlalchemy.MESSAGE_STORE,
    sqlalchemy.MANAGEMENT_STORE,
    mongodb.MESSAGE_STORE,
    mongodb.MANAGEMENT_STORE,
    redis.MESSAGE_STORE,
    redis.MANAGEMENT_STORE,
    swift.MESSAGE_STORE,
    wsgi.GROUP,
    websocket.GROUP,
    transport.GROUP,
    signed_url.GROUP,
    notification.GROUP,
    pooling.GROUP,
    storage.GROUP,
    profiler.GROUP,
)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the service's own options by group, for oslo.config's sample generator."""
    return [(group.name, list(group.options)) for group in GROUPS]
