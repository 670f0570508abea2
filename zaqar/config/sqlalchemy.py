"""``[drivers:message_store:sqlalchemy]`` and ``[drivers:management_store:sqlalchemy]``: SQLite and SQL servers."""

from oslo_config import cfg

from zaqar.config import service
from zaqar.config.groups import Group
from zaqar.errors import ConfigurationError


def embedded_uri(conf: cfg.ConfigOpts) -> str:
    """Return the URL of the SQLite database below the state path."""
    path = service.state_path(conf) / "zaqar.db"
    if "?" in str(path):
        raise ConfigurationError("[DEFAULT] state_path must not contain a question mark: it would end a database URL.")
    return f"sqlite:///{path}"


def _group(store: str, other: str) -> Group:
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
        computed={"uri": embedded_uri},
    )


MESSAGE_STORE = _group("message_store", "management_store")
MANAGEMENT_STORE = _group("management_store", "message_store")
