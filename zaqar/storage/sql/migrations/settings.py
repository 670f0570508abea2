"""Alembic's configuration, made without a file. Importing this imports alembic, which takes a quarter of a second."""

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config


def alembic_config(url: str | sa.URL, connection: sa.Connection | None = None) -> Config:
    """Return alembic's configuration for a database of any kind; one on a server is reached over ``connection``."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    if connection is not None:
        config.attributes["connection"] = connection
    return config
