"""``zaqar-sql-db-manage``: the schema of the SQL stores, through alembic (storage R9.3.1, R9.3.2)."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from oslo_config import cfg
from oslo_log import log
from sqlalchemy.exc import SQLAlchemyError

from zaqar import config
from zaqar.errors import ConfigurationError
from zaqar.storage.sql.connection import database_path
from zaqar.storage.sql.migration import alembic_config, prepare

PROGRAM = "zaqar-sql-db-manage"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    try:
        conf = config.load(
            sys.argv[1:] if arguments is None else arguments,
            prog=PROGRAM,
            options=[cfg.SubCommandOpt("command", title="commands", handler=_add_commands)],
        )
        log.setup(conf, PROGRAM)
        for uri in _databases(conf):
            _run(conf.command, uri)
    except (ConfigurationError, CommandError, SQLAlchemyError, ImportError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    return 0


def _add_commands(subparsers: Any) -> None:
    for name in ("upgrade", "downgrade"):
        parser = subparsers.add_parser(name, help=f"{name} the schema to a revision, or by a number of revisions")
        parser.add_argument("revision", nargs="?", help="a revision; with --sql also a range a:b")
        parser.add_argument("--delta", type=_positive, help="so many revisions instead")
        _add_sql(parser)
    subparsers.add_parser("current", help="show the revision of the database")
    subparsers.add_parser("history", help="list the revisions there are")
    for name in ("branches", "check_migration"):
        subparsers.add_parser(name, help="show where revisions branch")
    parser = subparsers.add_parser("stamp", help="set the recorded revision and change nothing else")
    parser.add_argument("revision")
    _add_sql(parser)


def _add_sql(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sql", action="store_true", help="print the statements and execute nothing")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it must be a whole number, 1 or more")
    return int(text)


def _databases(conf: cfg.ConfigOpts) -> list[str]:
    """Return the URL of each database that a SQL store uses, the management store's first."""
    uris = [config.store_uri(conf, "management_store"), config.store_uri(conf, "message_store")]
    return list(dict.fromkeys(uris))


def _run(chosen: Any, uri: str) -> None:
    if chosen.name == "upgrade":
        _upgrade(chosen, uri)
    elif chosen.name == "downgrade":
        target = _target(chosen, sign="-")
        command.downgrade(_settings(uri, opens_database=not chosen.sql), target, sql=chosen.sql)
    elif chosen.name == "stamp":
        command.stamp(_settings(uri, opens_database=not chosen.sql), chosen.revision, sql=chosen.sql)
    elif chosen.name == "current":
        command.current(_settings(uri, opens_database=True))
    elif chosen.name == "history":
        command.history(_settings(uri, opens_database=False))
    else:
        command.branches(_settings(uri, opens_database=False))


def _upgrade(chosen: Any, uri: str) -> None:
    target = _target(chosen, sign="+")
    if target == "head" and not chosen.sql and _is_embedded(uri):
        # As the service does it at start-up: under its lock, and not into a file of another program.
        prepare(uri)
    else:
        command.upgrade(_settings(uri, opens_database=not chosen.sql), target, sql=chosen.sql)


def _settings(uri: str, *, opens_database: bool) -> Config:
    if _is_embedded(uri):
        path = Path(database_path(uri))
        # SQLite would make an empty file, readable by all.
        if opens_database and not path.exists():
            raise ConfigurationError(f"The database {path} does not exist: make it with {PROGRAM} upgrade head.")
        # Not a text: SQLAlchemy would take a % in the path for the beginning of an escape.
        settings = alembic_config(sa.URL.create("sqlite", database=str(path)))
    else:
        settings = alembic_config(uri)
    # alembic's own default is what standard output was when alembic was imported.
    settings.stdout = sys.stdout
    return settings


def _is_embedded(uri: str) -> bool:
    return uri.startswith("sqlite")


def _target(chosen: Any, *, sign: str) -> str:
    if chosen.revision and chosen.delta:
        raise CommandError(f"{chosen.name} takes a revision or --delta, not both.")
    if chosen.delta:
        return f"{sign}{chosen.delta}"
    if chosen.revision:
        return str(chosen.revision)
    raise CommandError(f"{chosen.name} needs a revision, or --delta.")


if __name__ == "__main__":
    sys.exit(main())
