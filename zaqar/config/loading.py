"""From files, environment and command line to one checked set of options."""

import dataclasses
from collections.abc import Sequence
from importlib import metadata

from oslo_config import cfg
from oslo_policy import opts as policy_options

from zaqar.config import authentication, cors, server
from zaqar.config.logs import register_logging
from zaqar.config.registry import GROUPS
from zaqar.config.unreadable import unreadable_files
from zaqar.config.values import Check, Options, one_line, wrong_values
from zaqar.errors import ConfigurationError

PROJECT = "zaqar"
DISTRIBUTION = "zaqar-rebuilt"
SERVER = "zaqar-server"


@dataclasses.dataclass(frozen=True)
class Reading:
    """What was read, and a sentence for each thing in it that is refused."""

    conf: Options
    is_read: bool
    """False where a file could not be read at all, so that nothing else can be said."""
    refusals: tuple[str, ...]

    def accepted(self) -> Options:
        """Return the options. Raises ``ConfigurationError`` with everything that is refused."""
        if self.refusals:
            raise ConfigurationError(*self.refusals)
        return self.conf


def load(
    arguments: Sequence[str] = (),
    *,
    prog: str = "zaqar-queues",
    files: Sequence[str] | None = None,
    options: Sequence[cfg.Opt] = (),
    checks: Sequence[Check] = (),
) -> Options:
    """Return what ``read`` reads. Raises ``ConfigurationError`` with everything that is refused."""
    return read(arguments, prog=prog, files=files, options=options, checks=checks).accepted()


def read(
    arguments: Sequence[str] = (),
    *,
    prog: str = "zaqar-queues",
    files: Sequence[str] | None = None,
    options: Sequence[cfg.Opt] = (),
    checks: Sequence[Check] = (),
) -> Reading:
    """Return a fresh configuration with every known option registered and every value looked at.

    ``files``: the configuration files to read; None for the usual places (storage R8.1.2) or ``--config-file``. An
    empty name, as the end of ``ZAQAR_CONFIG_FILE=a.conf:``, names no file.
    ``options``: further options of the program's own command line.
    ``checks``: each is made, whatever the others refuse, unless it needs a value that was refused.
    """
    conf = Options()
    if prog == SERVER:
        server.register_command_line(conf)
    conf.register_cli_opts(options)
    _register(conf)
    files = _without_empty_names(files)
    try:
        _read(conf, arguments, prog=prog, files=files)
    except (cfg.Error, ValueError, OSError) as error:
        known = unreadable_files(arguments, project=PROJECT, prog=prog, files=files)
        return Reading(conf, False, tuple(known) or (f"The configuration cannot be used: {one_line(error)}",))
    authentication.register(conf)
    cors.register(conf)
    refusals = wrong_values(conf)
    if prog == SERVER:
        refusals += server.apply_command_line(conf)
    for check in checks:
        refusals += _refusals(check, conf)
    if not refusals and not conf.log_file and not conf.log_dir:
        # oslo.log would fall back to standard output, in the middle of a command's answer.
        conf.set_default("use_stderr", True)
    return Reading(conf, True, tuple(dict.fromkeys(refusals)))


def _refusals(check: Check, conf: Options) -> Sequence[str]:
    try:
        check(conf)
    except ConfigurationError as error:
        return error.sentences
    except (cfg.ConfigFileValueError, cfg.ConfigSourceValueError, cfg.TemplateSubstitutionError):
        return ()  # it needs a value that was refused
    return ()


def _register(conf: cfg.ConfigOpts) -> None:
    for group in GROUPS:
        group.register(conf)
    register_logging(conf)
    policy_options.set_defaults(conf)


def _read(conf: cfg.ConfigOpts, arguments: Sequence[str], *, prog: str, files: Sequence[str] | None) -> None:
    conf(
        list(arguments),
        project=PROJECT,
        prog=prog,
        version=f"{prog} {metadata.version(DISTRIBUTION)}",
        default_config_files=None if files is None else list(files),
        default_config_dirs=None if files is None else [],
    )


def _without_empty_names(files: Sequence[str] | None) -> Sequence[str] | None:
    if not files:
        return files
    return [name for name in files if name] or None
