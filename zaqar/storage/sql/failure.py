"""What SQLite reports, as the service's errors: the one place for it."""

import contextlib
import sqlite3
from collections.abc import Iterator

from zaqar.errors import Unavailable


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


def unavailable(error: BaseException) -> Unavailable:
    """Return the error for the API user, with the cause chained for the log."""
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    result = Unavailable(f"The embedded database cannot answer ({name}).")
    result.__cause__ = error
    return result
