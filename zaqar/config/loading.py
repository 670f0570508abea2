"""From files, environment and command line to one checked set of options."""

from collections.abc import Sequence

from oslo_config import cfg
from oslo_log import log
from oslo_policy import opts as policy_options

from zaqar.config import cors, server
from zaqar.config.registry import GROUPS
from zaqar.errors import ConfigurationError

PROJECT = "zaqar"
SERVER = "zaqar-server"


def load(
    arguments: Sequence[str] = (),
    *,
    prog: str = "zaqar-queues",
    files: Sequence[str] | None = None,
    options: Sequence[cfg.Opt] = (),
) -> cfg.ConfigOpts:
    """Return a fresh configuration with every known option registered and every set value valid.

    ``files``: the configuration files to read; None for the usual places (storage R8.1.2) or ``--config-file``.
    ``options``: further options of the program's own command line.
    """
    conf = cfg.ConfigOpts()
    if prog == SERVER:
        server.register_command_line(conf)
    conf.register_cli_opts(options)
    _register(conf)
    try:
        _read(conf, arguments, prog=prog, files=files)
        _look_at_every_value(conf)
    except cfg.ConfigFilesNotFoundError as error:
        raise ConfigurationError(f"Configuration file not found: {', '.join(error.config_files)}.") from error
    except cfg.ConfigFilesPermissionDeniedError as error:
        raise ConfigurationError(f"Configuration file not readable: {', '.join(error.config_files)}.") from error
    except (cfg.Error, ValueError, OSError) as error:
        raise ConfigurationError(f"The configuration cannot be used: {_one_line(error)}") from error
    if prog == SERVER:
        server.apply_command_line(conf)
    if not conf.log_file and not conf.log_dir:
        # oslo.log would fall back to standard output, in the middle of a command's answer.
        conf.set_default("use_stderr", True)
    return conf


def _register(conf: cfg.ConfigOpts) -> None:
    for group in GROUPS:
        group.register(conf)
    cors.register(conf)
    log.register_options(conf)
    # One line for each of alembic's plug-ins says nothing to an operator.
    conf.set_default("default_log_levels", [*log.get_default_log_levels(), "alembic.runtime.plugins=WARN"])
    policy_options.set_defaults(conf)


def _read(conf: cfg.ConfigOpts, arguments: Sequence[str], *, prog: str, files: Sequence[str] | None) -> None:
    conf(
        list(arguments),
        project=PROJECT,
        prog=prog,
        default_config_files=None if files is None else list(files),
        default_config_dirs=None if files is None else [],
    )


def _look_at_every_value(conf: cfg.ConfigOpts) -> None:
    """oslo.config checks a value from a file when it is first read; a bad one shall stop the start."""
    for group in GROUPS:
        values = conf if group.section is None else conf[group.section]
        for option in group.options:
            values[option.dest]
    for values in (conf.cors, conf.oslo_policy):
        for name in values:
            values[name]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") + "."
