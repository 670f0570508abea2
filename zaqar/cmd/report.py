"""What a running service says about itself on SIGUSR2 (storage R9.1.5)."""

import faulthandler
import logging
import platform
import sys
from importlib import metadata

from oslo_config import cfg

PACKAGES = ("zaqar-rebuilt", "falcon", "msgspec", "SQLAlchemy", "gunicorn", "granian", "oslo.config")


def write_report(conf: cfg.ConfigOpts) -> None:
    """Write versions, threads and configuration to standard error; oslo.config hides what is secret."""
    print(f"== Package == Python {platform.python_version()}", file=sys.stderr)
    for package in PACKAGES:
        print(f"{package} {_version(package)}", file=sys.stderr)
    print("== Threads ==", file=sys.stderr, flush=True)
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    print("== Configuration ==", file=sys.stderr, flush=True)
    logger = logging.Logger("report")  # noqa: LOG001  # its own, so that no level or handler of the log hides it
    logger.addHandler(logging.StreamHandler(sys.stderr))
    conf.log_opt_values(logger, logging.INFO)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"
