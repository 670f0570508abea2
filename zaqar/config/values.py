"""Looking at every value before the start; oslo.config checks one from a file only when it is first read."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from oslo_config import cfg

from zaqar.config.given import place_of

_REASONS = {
    "invalid literal for int() with base 10: ": "not a whole number: ",
    "could not convert string to float: ": "not a number: ",
}

_UNTOLD = "it is secret, so it is not repeated here. A $ in it is written $$, and a value that begins with a quote ends with one."
"""oslo.config's own reasons for what such options can have wrong with them would repeat the value."""


class Options(cfg.ConfigOpts):
    """Options whose every value ``wrong_values`` judges."""

    def __init__(self) -> None:
        self._refused: set[tuple[str | None, str]] = set()
        super().__init__()

    def refuse(self, name: str, group: str | None) -> None:
        """Keep everyone from reading the option: what it was meant to be is not known."""
        self._refused.add((group, name))

    def names(self) -> dict[str, dict[str, str]]:
        """Return, by section, each name that a file may give an option, with the option's own."""
        found: dict[str, dict[str, str]] = {}
        for key in self:
            section, dests = (key, list(self[key])) if key in self._groups else ("DEFAULT", [key])
            for dest in dests:
                option = self._get_opt_info(dest, None if section == "DEFAULT" else section)["opt"]
                found.setdefault(section, {})[dest] = dest
                for old in getattr(option, "deprecated_opts", ()):
                    found.setdefault(old.group or section, {})[old.name or dest] = dest
        return found

    def is_secret(self, name: str, section: str) -> bool:
        """Tell whether the value of the option is to be shown nowhere."""
        return bool(self._get_opt_info(name, None if section == "DEFAULT" else section)["opt"].secret)

    def _get(self, name: str, group: Any = None, namespace: Any = None) -> Any:
        section = group.name if isinstance(group, cfg.OptGroup) else group
        if (section, name) in self._refused:
            raise cfg.ConfigSourceValueError(f"The value of {name} was refused.")
        return super()._get(name, group, namespace)

    def _validate_cli_options(self, namespace: Any) -> None:
        """Leave the options that are flags too, such as ``debug``, to ``wrong_values``."""
        # oslo.config's would end the process for a bad value in a file, also a running service's that only reloads.


Check = Callable[[Options], object]
"""A look at what the options ask for; raises ``ConfigurationError``."""


def wrong_values(conf: Options) -> list[str]:
    """Name each option with a value that it cannot take, and where that stands, a sentence each."""
    sentences = []
    for name in conf:
        values, wrong = _judged(conf, conf, "DEFAULT", name)
        sentences += wrong
        if isinstance(values, cfg.ConfigOpts.GroupAttr):
            for option in values:
                sentences += _judged(conf, values, name, option)[1]
    return sentences


def wrong_values_in(conf: Options, section: str) -> list[str]:
    """Do the same for one section, whose options were not known before; they can be looked at again."""
    return [sentence for option in conf[section] for sentence in _seen(conf, conf[section], section, option)[1]]


def one_line(error: BaseException) -> str:
    """Return what the error says as one sentence."""
    return " ".join(str(error).split()).rstrip(".") + "."


def reason_of(error: Exception) -> str:
    """Return why a value was refused; oslo.config's own message holds its internals."""
    is_wrapped = isinstance(error, cfg.ConfigSourceValueError) and error.__context__ is not None
    text = one_line(error.__context__ or error) if is_wrapped else one_line(error)
    for theirs, ours in _REASONS.items():
        if text.startswith(theirs):
            return ours + text.removeprefix(theirs)
    return text


def _judged(conf: Options, values: Mapping[str, Any], section: str, option: str) -> tuple[Any, list[str]]:
    value, wrong = _seen(conf, values, section, option)
    if wrong:
        conf.refuse(option, None if section == "DEFAULT" else section)
    return value, wrong


def _seen(conf: Options, values: Mapping[str, Any], section: str, option: str) -> tuple[Any, list[str]]:
    try:
        value = values[option]
        if isinstance(value, float) and not math.isfinite(value):  # oslo.config's bounds let NaN through
            raise ValueError(f"not a finite number: '{value}'")
    except (cfg.Error, ValueError) as error:
        place = place_of(conf, section, _names(conf, section, option))
        stands = f" in {place}" if place else ""
        reason = _UNTOLD if conf.is_secret(option, section) else reason_of(error)
        return None, [f"[{section}] {option}{stands} cannot be used: {reason}"]
    return value, []


def _names(conf: Options, section: str, option: str) -> list[str]:
    return [name for name, current in conf.names().get(section, {}).items() if current == option]
