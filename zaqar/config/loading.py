"""From files, environment and command line to one checked set of options."""

from collections.abc import Sequence

from oslo_config import cfg
from oslo_policy import opts as policy_options

from zaqar.config import cors, server
from zaqar.config.logs import register_logging
from zaqar.config.registry import GROUPS
from zaqar.config.values import Options, check_values, one_line
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

    ``files``: the configuration files to read; None for the usual places (storage R8.1.2) or ``--config-file``. An
    empty name, as the end of ``ZAQAR_CONFIG_FILE=a.conf:``, names no file.
    ``options``: further options of the program's own command line.
    """
    conf = Options()
    if prog == SERVER:
        server.register_command_line(conf)
    conf.register_cli_opts(options)
    _register(conf)
    try:
        _read(conf, arguments, prog=prog, files=_without_empty_names(files))
    except cfg.ConfigFilesNotFoundError as error:
        raise ConfigurationError(f"Configuration file not found: {', '.join(error.config_files)}.") from error
    except cfg.ConfigFilesPermissionDeniedError as error:
        raise ConfigurationError(f"Configuration file not readable: {', '.join(error.config_files)}.") from error
    except (cfg.Error, ValueError, OSError) as error:
        raise ConfigurationError(f"The configuration cannot be used: {one_line(error)}") from error
    check_values(conf)
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
    register_logging(conf)
    policy_options.set_defaults(conf)


def _read(conf: cfg.ConfigOpts, arguments: Sequence[str], *, prog: str, files: Sequence[str] | None) -> None:
    conf(
        list(arguments),
        project=PROJECT,
        prog=prog,
        default_config_files=None if files is None else list(files),
        default_config_dirs=None if files is None else [],
    )


def _without_empty_names(files: Sequence[str] | None) -> Sequence[str] | None:
    if not files:
        return files
    return [name for name in files if name] or None
