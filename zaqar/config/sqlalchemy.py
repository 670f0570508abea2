"""``[drivers:message_store:sqlalchemy]`` and ``[drivers:management_store:sqlalchemy]``: SQLite and SQL servers."""

from typing import Literal

from oslo_config import cfg

from zaqar.config import service
from zaqar.config.groups import Group
from zaqar.errors import ConfigurationError

Store = Literal["message_store", "management_store"]
Synchronous = Literal["FULL", "NORMAL"]


def _group(store: Store, other: Store) -> Group:
    return Group(
        f"drivers:{store}:sqlalchemy",
        [
            cfg.StrOpt(
                "uri",
                secret=True,
                sample_default="sqlite:///<state_path>/zaqar.db",
                help=f"SQLAlchemy URL of the database. Left out, it is the one of [drivers:{other}:sqlalchemy], and "
                "where neither is set an SQLite database below state_path.",
            ),
            cfg.StrOpt(
                "synchronous",
                default="FULL",
                choices=[
                    ("FULL", "acknowledged messages survive the death of the service and of the machine"),
                    ("NORMAL", "faster; they survive the death of the service, and the last may go with the machine"),
                ],
                help="What an acknowledgement means on disk, for SQLite only; a server has its own settings. Left "
                f"out, it is the one of [drivers:{other}:sqlalchemy].",
            ),
        ],
    )


MESSAGE_STORE = _group("message_store", "management_store")
MANAGEMENT_STORE = _group("management_store", "message_store")


def store_uri(conf: cfg.ConfigOpts, store: Store) -> str:
    """Return the URL of the store's database."""
    own, other = _own_and_other(store)
    uri: str | None = conf[own.name].uri or conf[other.name].uri
    return uri or embedded_uri(conf)


def synchronous(conf: cfg.ConfigOpts, store: Store) -> Synchronous:
    """Return FULL or NORMAL: what an acknowledgement by the store means on disk."""
    own, other = _own_and_other(store)
    group = other if _is_default(conf, own) else own
    chosen: Synchronous = conf[group.name].synchronous
    return chosen


def embedded_uri(conf: cfg.ConfigOpts) -> str:
    """Return the URL of the SQLite database below the state path."""
    path = service.state_path(conf) / "zaqar.db"
    if "?" in str(path):
        raise ConfigurationError("[DEFAULT] state_path must not contain a question mark: it would end a database URL.")
    return f"sqlite:///{path}"


def _is_default(conf: cfg.ConfigOpts, group: Group) -> bool:
    location = conf.get_location("synchronous", group.name)
    return location is None or location.location is cfg.Locations.opt_default


def _own_and_other(store: Store) -> tuple[Group, Group]:
    if store == "message_store":
        return MESSAGE_STORE, MANAGEMENT_STORE
    return MANAGEMENT_STORE, MESSAGE_STORE
