"""``zaqar-sql-db-manage``: the schema of the SQL stores, through alembic (storage R9.3.1, R9.3.2)."""

import argparse
import functools
import logging
import sys
from collections.abc import Sequence
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from oslo_config import cfg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from zaqar import config
from zaqar.cmd.refusals import tell
from zaqar.errors import ConfigurationError
from zaqar.storage.driver import Role
from zaqar.storage.sql import DRIVER, migration

PROGRAM = "zaqar-sql-db-manage"
LOG = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    try:
        conf = config.load(
            sys.argv[1:] if arguments is None else arguments,
            prog=PROGRAM,
            options=[cfg.SubCommandOpt("command", title="commands", handler=_add_commands)],
            checks=[
                config.check_log_place,
                config.check_log_levels,
                functools.partial(_check_uri, store="management_store"),
                functools.partial(_check_uri, store="message_store"),
            ],
        )
        config.start_logging(conf)
        logging.getLogger("alembic").setLevel(logging.INFO)  # whoever runs the command wants to see its steps
        for sentence in config.unknown_settings(conf):
            LOG.warning("%s", sentence)
        for uri in _databases(conf):
            _run(conf.command, uri)
    except ConfigurationError as error:
        tell(PROGRAM, error)
        return 1
    except (CommandError, ImportError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        # SQLAlchemy's own text goes on with the statement and a link.
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        print(f"{PROGRAM}: The database cannot be used: {config.one_line(cause)}", file=sys.stderr)
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


def _databases(conf: config.Options) -> list[str]:
    """Return the URL of each database that a SQL store uses, the management store's first."""
    return list(dict.fromkeys([_uri(conf, "management_store"), _uri(conf, "message_store")]))


def _check_uri(conf: config.Options, *, store: Role) -> None:
    migration.database_url(_uri(conf, store))


def _uri(conf: config.Options, store: Role) -> str:
    """Return the URL of a store's database, whichever driver serves it."""
    return str(config.store_options(conf, store, DRIVER.name, DRIVER.options).uri)


def _run(chosen: Any, uri: str) -> None:
    url = migration.database_url(uri)
    if chosen.name in ("upgrade", "downgrade", "stamp"):
        _change(chosen, uri)
    elif chosen.name == "current":
        with migration.reading(url) as settings:
            command.current(_speaking(settings))
    elif chosen.name == "history":
        command.history(_speaking(migration.without_database(url)))
    else:
        command.branches(_speaking(migration.without_database(url)))


def _change(chosen: Any, uri: str) -> None:
    target = _target(chosen)
    change = getattr(command, chosen.name)
    url = migration.database_url(uri)
    if chosen.sql:
        change(_speaking(migration.without_database(url)), target, sql=True)
    elif (chosen.name, target) == ("upgrade", "head") and migration.is_embedded(url):
        migration.prepare(uri)  # as the service does it at start-up: it may make the file
    else:
        with migration.changing(url) as settings:
            change(_speaking(settings), target)


def _speaking(settings: Config) -> Config:
    # alembic's own default is what standard output was when alembic was imported.
    settings.stdout = sys.stdout
    return settings


def _target(chosen: Any) -> str:
    if chosen.name == "stamp":
        return str(chosen.revision)
    if chosen.revision and chosen.delta:
        raise CommandError(f"{chosen.name} takes a revision or --delta, not both.")
    if chosen.delta:
        return f"-{chosen.delta}" if chosen.name == "downgrade" else f"+{chosen.delta}"
    if chosen.revision:
        return str(chosen.revision)
    raise CommandError(f"{chosen.name} needs a revision, or --delta.")


if __name__ == "__main__":
    sys.exit(main())
