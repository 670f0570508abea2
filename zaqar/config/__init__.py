"""Configuration: options of oslo.config, compatible with files written for Zaqar; one module per group."""

from zaqar.config import cors
from zaqar.config.addresses import check_address, is_public
from zaqar.config.authentication import (
    catalogue,
    has_keystone,
    has_trustee,
    identity_uri,
    log_in_trustee,
    session_of_trustee,
)
from zaqar.config.checks import is_built, standard_checks, warnings
from zaqar.config.encryption import cipher
from zaqar.config.libraries import sections_of_others
from zaqar.config.loading import Reading, load, read
from zaqar.config.logs import check_log_levels, check_log_place, start_logging
from zaqar.config.mail import smtp_port
from zaqar.config.notification import networks, news_directory
from zaqar.config.registry import list_opts
from zaqar.config.server import is_to_be_checked, workers
from zaqar.config.service import state_path
from zaqar.config.signed_url import signer
from zaqar.config.stores import store_options
from zaqar.config.transport import limits
from zaqar.config.unknown import unknown_settings
from zaqar.config.values import Check, Options, one_line

__all__ = [
    "Check",
    "Options",
    "Reading",
    "catalogue",
    "check_address",
    "check_log_levels",
    "check_log_place",
    "cipher",
    "cors",
    "has_keystone",
    "has_trustee",
    "identity_uri",
    "is_built",
    "is_public",
    "is_to_be_checked",
    "limits",
    "list_opts",
    "load",
    "log_in_trustee",
    "networks",
    "news_directory",
    "one_line",
    "read",
    "sections_of_others",
    "session_of_trustee",
    "signer",
    "smtp_port",
    "standard_checks",
    "start_logging",
    "state_path",
    "store_options",
    "unknown_settings",
    "warnings",
    "workers",
]
