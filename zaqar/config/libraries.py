"""Options of libraries that Zaqar uses and this service does not, yet or any more (storage 8.3)."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from oslo_config import cfg

# Without names: any option of the section.
_IDLE: dict[str, tuple[str, ...]] = {
    "cache": ("enabled",),
    "keystone_authtoken": (),
    "oslo_reports": ("file_event_handler",),
    "profiler": ("connection_string", "hmac_keys"),
    "trustee": ("auth_type",),
}


def idle_settings(conf: cfg.ConfigOpts) -> list[str]:
    """Name those that the operator set, in a file or the environment."""
    given = {(section, name.replace("-", "_")) for section, name in (*_in_files(conf), *_in_variables())}
    lines = []
    for section, names in _IDLE.items():
        if not names and any(section == other for other, _ in given):
            lines.append(f"[{section}]")
        lines += [f"[{section}] {name}" for name in names if (section, name) in given]
    return lines


def _in_files(conf: cfg.ConfigOpts) -> Iterator[tuple[str, str]]:
    # Not registered with oslo.config: it would look at values nobody uses, and write passwords into a report.
    folders = [Path(folder).expanduser() for folder in conf.config_dirs or conf.config_dir]
    paths = [*map(Path, conf.config_file), *(path for folder in folders for path in folder.glob("*.conf"))]
    sections: dict[str, dict[str, list[str]]] = {}
    for path in paths:
        with contextlib.suppress(OSError, cfg.ParseError):  # changed since the start read it
            cfg.ConfigParser(str(path.expanduser()), sections).parse()
    for section, values in sections.items():
        for name in values:
            yield section.lower(), name


def _in_variables() -> Iterator[tuple[str, str]]:
    for variable in os.environ:
        section, separator, name = variable.lower().removeprefix("os_").partition("__")
        if variable.startswith("OS_") and separator:
            yield section, name
