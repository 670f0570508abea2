"""Configuration: options of oslo.config, compatible with files written for Zaqar; one module per group."""

from zaqar.config import cors
from zaqar.config.addresses import check_address, is_public
from zaqar.config.checks import check, warnings
from zaqar.config.loading import load
from zaqar.config.logs import start_logging
from zaqar.config.mongodb import mongodb_options
from zaqar.config.redis import redis_options
from zaqar.config.registry import list_opts
from zaqar.config.server import workers
from zaqar.config.service import state_path
from zaqar.config.sqlalchemy import embedded_uri, store_uri, synchronous
from zaqar.config.transport import limits

__all__ = [
    "check",
    "check_address",
    "cors",
    "embedded_uri",
    "is_public",
    "limits",
    "list_opts",
    "load",
    "mongodb_options",
    "redis_options",
    "start_logging",
    "state_path",
    "store_uri",
    "synchronous",
    "warnings",
    "workers",
]
