"""The sqlalchemy driver: an embedded database in one file, both message store and management store."""

from zaqar.storage.sql.driver import DRIVER

__all__ = ["DRIVER"]
