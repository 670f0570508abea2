"""What the operator has written, and where: in files and in variables of the environment."""

import dataclasses
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from oslo_config import cfg

_VARIABLE = re.compile("OS_(.+?)__(.+)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Setting:
    """One option that is set, by the name that was written."""

    section: str
    """In lower case, save ``DEFAULT``: so oslo.config compares them."""
    name: str
    place: str
    """The path of a file, or the name of a variable."""
    is_variable: bool = False


def settings(conf: cfg.ConfigOpts) -> list[Setting]:
    """Return what the files and the variables set, in the order in which the later overrides the earlier."""
    return [*_in_files(paths(conf)), *_in_variables()]


def place_of(conf: cfg.ConfigOpts, section: str, names: Sequence[str]) -> str | None:
    """Return where the value of an option stands that is in force; None where neither a file nor a variable sets it."""
    for setting in reversed(settings(conf)):
        if setting.section == section and setting.name in names:
            return f"the variable {setting.place}" if setting.is_variable else setting.place
    return None


def paths(conf: cfg.ConfigOpts) -> list[Path]:
    """Return the configuration files, those of folders among them, in the order of reading."""
    folders = [Path(folder).expanduser() for folder in conf.config_dirs or conf.config_dir]
    in_folders = [path for folder in folders for path in sorted(folder.glob("*.conf"))]
    return [*(Path(name).expanduser() for name in conf.config_file), *in_folders]


def _in_files(files: Sequence[Path]) -> Iterator[Setting]:
    # Not asked of oslo.config: it knows only what is registered, and names the wrong file where two have one section.
    for path in files:
        sections: dict[str, dict[str, list[str]]] = {}
        try:
            cfg.ConfigParser(str(path), sections).parse()
        except (OSError, ValueError, cfg.ParseError):
            continue  # changed since the start read it
        for section, values in sections.items():
            for name in values:
                yield Setting(_normal(section), name, str(path))


def _in_variables() -> Iterator[Setting]:
    for variable in sorted(os.environ):
        if found := _VARIABLE.fullmatch(variable):
            # oslo.config looks for the name in capitals only.
            yield Setting(_normal(found[1]), _lower_if_capitals(found[2]), variable, is_variable=True)


def _normal(section: str) -> str:
    return section if section == "DEFAULT" else section.lower()


def _lower_if_capitals(name: str) -> str:
    return name.lower() if name == name.upper() else name
