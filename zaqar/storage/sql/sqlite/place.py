"""Where an embedded database is to lie: whether it could be made and written there, looked at without making it."""

import os
from pathlib import Path

from zaqar.errors import ConfigurationError
from zaqar.storage.sql.sqlite.opening import database_path


def check_place(uri: str) -> None:
    """Refuse a path at which no database can be. Raises ``ConfigurationError``."""
    path = Path(database_path(uri))
    try:
        reason = _objection(path)
    except OSError as error:
        reason = str(error.strerror)
    if reason:
        raise ConfigurationError(f"The database {path} cannot be opened: {reason}.")


def _objection(path: Path) -> str:
    if path.is_dir():
        return "it is a folder"
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return "it is read-only"
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir():
        return f"{folder} is no folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "its folder is read-only" if folder == path.parent else f"{folder} is read-only"
    return ""
