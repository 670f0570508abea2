"""The log: oslo.log's options, looking at them, and starting it."""

import configparser
import logging
import os
from pathlib import Path

from oslo_config import cfg
from oslo_log import log, rate_limit

from zaqar import log_text
from zaqar.config.values import one_line
from zaqar.errors import ConfigurationError

# The file of log_config_append holds Python expressions and names of classes, so nearly anything may come of it.
_CAUSES = (
    log.LogConfigError,
    cfg.Error,
    OSError,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    ImportError,
    NameError,
    SyntaxError,
)


def register_logging(conf: cfg.ConfigOpts) -> None:
    """Make oslo.log's options known."""
    log.register_options(conf)
    # One line for each of alembic's plug-ins says nothing to an operator.
    conf.set_default("default_log_levels", [*log.get_default_log_levels(), "alembic.runtime.plugins=WARN"])


def check_log_place(conf: cfg.ConfigOpts) -> None:
    """Refuse a file or folder that the log could not be written to, without making it."""
    if conf.log_config_append:
        _check_appended(conf)
        return
    path = Path(conf.log_dir or "", conf.log_file) if conf.log_file else None
    blamed, folder = ("log_file", path.parent) if path else ("log_dir", Path(conf.log_dir or ""))
    if path and (path.is_dir() or (path.exists() and not os.access(path, os.W_OK))):
        raise _refusal(conf, blamed, path, "Is a directory" if path.is_dir() else "Permission denied")
    if path is None and not conf.log_dir:
        return
    if not folder.is_dir():
        raise _refusal(
            conf, blamed, path or folder, "Not a directory" if folder.exists() else "No such file or directory"
        )
    if not (path and path.exists()) and not os.access(folder, os.W_OK | os.X_OK):
        raise _refusal(conf, blamed, path or folder, "Permission denied")


def check_log_levels(conf: cfg.ConfigOpts) -> None:
    """Refuse a level that there is not."""
    names = logging.getLevelNamesMapping()
    for pair in conf.default_log_levels:
        level = pair.partition("=")[2]
        if level not in names and not level.removeprefix("-").isdecimal():
            raise ConfigurationError(
                f"[DEFAULT] default_log_levels cannot be used: {pair!r} ends with no level of a log."
            )


def start_logging(conf: cfg.ConfigOpts) -> None:
    """Let the log go where the configuration says. Raises ``ConfigurationError`` where it cannot."""
    rate_limit.uninstall_filter()  # oslo.log refuses to replace it, so that no reload would pass
    logging.setLogRecordFactory(log_text.make_record)  # the clients' words stand in the records of libraries, too
    try:
        log.setup(conf, "zaqar")
    except _CAUSES as error:
        raise ConfigurationError(f"{_blamed(conf, error)} cannot be used: {_reason(error)}") from error


def _check_appended(conf: cfg.ConfigOpts) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(Path(conf.log_config_append).read_text())
    except (OSError, ValueError, configparser.Error) as error:
        raise ConfigurationError(f"{_blamed(conf, error)} cannot be used: {_reason(error)}") from error
    missing = [name for name in ("loggers", "handlers", "formatters") if not parser.has_option(name, "keys")]
    if missing:
        raise ConfigurationError(
            f"[DEFAULT] log_config_append = {conf.log_config_append} cannot be used: it has no [{missing[0]}] with keys."
        )


def _refusal(conf: cfg.ConfigOpts, name: str, path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"[DEFAULT] {name} = {conf[name]} cannot be used: {path}: {reason}.")


def _blamed(conf: cfg.ConfigOpts, error: Exception) -> str:
    if conf.log_config_append:
        return f"[DEFAULT] log_config_append = {conf.log_config_append}"
    for name in ("log_file", "log_dir"):
        if conf[name] and isinstance(error, OSError):
            return f"[DEFAULT] {name} = {conf[name]}"
    return "The options of the log"


def _reason(error: Exception) -> str:
    cause = error.__context__ if isinstance(error, log.LogConfigError) else error
    if isinstance(cause, OSError) and cause.strerror and cause.filename:
        return f"{cause.filename}: {cause.strerror}."
    return one_line(cause or error)
