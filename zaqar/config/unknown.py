"""Options and sections that nobody reads, with the known name that was likely meant."""

import difflib
import itertools
import os
from collections.abc import Iterator, Mapping

from zaqar.config import authentication
from zaqar.config.given import Setting, settings
from zaqar.config.libraries import is_of_library
from zaqar.config.values import Options

Names = Mapping[str, Mapping[str, str]]
"""By section, each name that an option may have, with its present one."""

_FLAG = "command_line_"
_OF_OTHER_PROGRAMS = {"daemon": "daemon"}
"""Options of ``zaqar-server`` that the other programs find in the same file."""


def unknown_settings(conf: Options) -> list[str]:
    """Say which options, sections and variables are unknown, a sentence each."""
    known = _known(conf)
    strange = [setting for setting in settings(conf) if not _is_known(setting, known, conf)]
    lines = [_of_variable(setting, known) for setting in strange if setting.is_variable]
    in_files = [setting for setting in strange if not setting.is_variable]
    for (place, section), found in itertools.groupby(in_files, lambda setting: (setting.place, setting.section)):
        names = [setting.name for setting in found]
        if section in known:
            lines += [_of_option(section, name, place, known) for name in names]
        else:
            lines.append(_of_section(section, names, place, known))
    return [*(line for line in lines if line), *_half_variables(known)]


def _known(conf: Options) -> Names:
    names = {section: dict(options) for section, options in conf.names().items()}
    names["DEFAULT"] = {name: own for name, own in names["DEFAULT"].items() if not name.startswith(_FLAG)}
    names["DEFAULT"] |= _OF_OTHER_PROGRAMS
    return names


def _is_known(setting: Setting, known: Names, conf: Options) -> bool:
    if setting.section in _sections_of_drivers(conf):
        return True
    # What the service itself reads of a library is known by its options, so that mistakes in it are seen.
    is_read = setting.section in authentication.READ and authentication.has_keystone(conf)
    if not is_read and is_of_library(setting.section, setting.name):
        return True
    own = known.get(setting.section, {}).get(setting.name)
    return own == setting.name if setting.is_variable else own is not None  # variables have no old names


def _sections_of_drivers(conf: Options) -> Iterator[str]:
    """Name the sections of chosen drivers that are not the service's own: they register their options themselves."""
    for store in ("message_store", "management_store"):
        section = f"drivers:{store}:{conf.drivers[store]}"
        if section not in conf:
            yield section


def _of_option(section: str, name: str, place: str, known: Names) -> str:
    hint = _nearest_option(section, name, known)
    return f"[{section}] {name} in {place} is unknown and has no effect{_question(hint)}"


def _of_section(section: str, names: list[str], place: str, known: Names) -> str:
    hint = _nearest_section(section, names, known)
    listed = ", ".join(names)
    return (
        f"The section [{section}] in {place} is unknown, and what it sets ({listed}) has no effect"
        f"{_question(f'[{hint}]' if hint else '')}"
    )


def _of_variable(setting: Setting, known: Names) -> str:
    section = setting.section if setting.section in known else _nearest_section(setting.section, [setting.name], known)
    if not section:
        return ""  # the environment is shared with more programs than a file
    name = known[section].get(setting.name) or _nearest(setting.name, known[section])
    hint = _variable(section, name) if name else ""
    return f"The variable {setting.place} is unknown and has no effect{_question(hint)}"


def _half_variables(known: Names) -> Iterator[str]:
    """Find variables with one underscore where two have to be."""
    for section, options in known.items():
        for name in sorted(set(options.values())):
            half, whole = f"OS_{section}_{name}".upper(), _variable(section, name)
            if half in os.environ and whole not in os.environ:
                yield f"The variable {half} is unknown and has no effect{_question(whole)}"


def _nearest_option(section: str, name: str, known: Names) -> str:
    """Return how to write what was meant: a name, with its section where that is another; empty if nothing is near."""
    plain = _plain(name)
    if plain in known[section]:
        return known[section][plain]
    others = [other for other, options in known.items() if options.get(plain) == plain]
    if others:
        return f"[{_closest(section, others)}] {plain}"
    return known[section].get(_nearest(name, known[section]), "")


def _nearest_section(section: str, names: list[str], known: Names) -> str:
    """Return the section that was meant: like it by name, or else with those options."""

    def fitting(other: str) -> int:
        return sum(_plain(name) in known[other] for name in names)

    near = [other for other in known if _likeness(section, other) >= 0.6]
    candidates = near or [other for other in known if fitting(other)]
    return max(candidates, key=lambda other: (fitting(other), _likeness(section, other)), default="")


def _nearest(name: str, options: Mapping[str, str]) -> str:
    return next(iter(difflib.get_close_matches(_plain(name), options, n=1)), "")


def _closest(section: str, others: list[str]) -> str:
    return max(others, key=lambda other: _likeness(section, other))


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio()


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _variable(section: str, name: str) -> str:
    return f"OS_{section}__{name}".upper()


def _question(hint: str) -> str:
    return f": did you mean {hint}?" if hint else "."
