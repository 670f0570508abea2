"""What SQLite reports, as the service's errors: the one place for it."""

import contextlib
import sqlite3
from collections.abc import Iterator

from zaqar.errors import Unavailable

_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")
"""A full disk is the first; a quota and a limit on the size of files are the second, the log's index the third."""


@contextlib.contextmanager
def translated_errors() -> Iterator[None]:
    """Turn a failing database into ``Unavailable``: locked, full, read-only, corrupt, out of reach."""
    try:
        yield
    except sqlite3.Error as error:
        if is_outage(error):
            raise unavailable(error) from error
        raise


def is_outage(error: BaseException) -> bool:
    """Tell a failing database from a mistake of ours, which must surface as one."""
    return isinstance(error, (sqlite3.OperationalError, OSError)) or type(error) is sqlite3.DatabaseError


def is_damage(error: BaseException) -> bool:
    """Tell whether the database found pages that cannot be right."""
    return _name(error).startswith("SQLITE_CORRUPT")


def is_lack_of_room(error: BaseException) -> bool:
    """Tell whether the system refused to write for want of room."""
    return _name(error) in _NO_ROOM


def unavailable(error: BaseException) -> Unavailable:
    """Return the error for the API user, with the cause chained for the log."""
    result = Unavailable(f"The embedded database cannot answer ({_name(error)}).")
    result.__cause__ = error
    return result


def full() -> Unavailable:
    """Return the error for what would add data when only what makes room may write."""
    return Unavailable("The embedded database has no room for more (SQLITE_FULL); what is there can be taken out.")


def _name(error: BaseException) -> str:
    return getattr(error, "sqlite_errorname", None) or type(error).__name__
