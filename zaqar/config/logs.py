"""The log: oslo.log's options, and starting it."""

import logging

from oslo_config import cfg
from oslo_log import log

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


def start_logging(conf: cfg.ConfigOpts) -> None:
    """Let the log go where the configuration says. Raises ``ConfigurationError`` where it cannot."""
    logging.setLogRecordFactory(log_text.make_record)  # the clients' words stand in the records of libraries, too
    try:
        log.setup(conf, "zaqar")
    except _CAUSES as error:
        raise ConfigurationError(f"{_blamed(conf, error)} cannot be used: {_reason(error)}") from error


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
