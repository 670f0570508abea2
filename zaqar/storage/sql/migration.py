"""The schema of a database of any kind, for the command that changes it. The service itself only knows ``sqlite.migration``."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from sqlalchemy.exc import ArgumentError

from zaqar.errors import ConfigurationError
from zaqar.storage.sql.migrations.settings import alembic_config
from zaqar.storage.sql.servers import migration as servers
from zaqar.storage.sql.sqlite import migration as sqlite
from zaqar.storage.sql.sqlite.opening import database_path


def database_url(uri: str) -> sa.URL:
    """Return the URL of the database that a store's ``uri`` names. Raises ``ConfigurationError``."""
    if uri.startswith("sqlite"):
        # Not a text: SQLAlchemy would take a % in the path for the beginning of an escape.
        return sa.URL.create("sqlite", database=database_path(uri))
    try:
        return sa.make_url(uri)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise ConfigurationError("The uri of the sqlalchemy store is not a database URL.") from error


def is_embedded(url: sa.URL) -> bool:
    """Tell whether the database is a file of this host, which the service makes and upgrades by itself."""
    return url.get_backend_name() == "sqlite"


def prepare(uri: str) -> list[str]:
    """Bring an embedded database to the newest revision as the service does at its start, making the file if need be."""
    return sqlite.prepare(uri)


def without_database(url: sa.URL) -> Config:
    """Return the configuration for what contacts no database: showing the revisions, printing SQL."""
    return alembic_config(url)


@contextlib.contextmanager
def reading(url: sa.URL) -> Iterator[Config]:
    """Yield the configuration to look at the database with. Raises ``ConfigurationError`` where it cannot be used."""
    if is_embedded(url):
        _check_exists(url)
        yield alembic_config(url)
    else:
        with servers.opened(url) as connection:
            yield alembic_config(url, connection)


@contextlib.contextmanager
def changing(url: sa.URL) -> Iterator[Config]:
    """Keep others from changing the database's schema, and yield the configuration to change it with by alembic.

    Raises ``ConfigurationError`` for a database that cannot be used, or holds the tables of another program.
    """
    if is_embedded(url):
        _check_exists(url)
        with sqlite.changing(str(url.database)):
            yield alembic_config(url)
    else:
        with servers.changing(url) as connection:
            yield alembic_config(url, connection)


def _check_exists(url: sa.URL) -> None:
    # SQLite would make an empty file, readable by all.
    if not Path(str(url.database)).exists():
        raise ConfigurationError(
            f"The database {url.database} does not exist: make it with zaqar-sql-db-manage upgrade head."
        )
