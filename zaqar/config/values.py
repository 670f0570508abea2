"""Looking at every value before the start; oslo.config checks one from a file only when it is first read."""

import os
import re
from collections.abc import Mapping
from typing import Any

from oslo_config import cfg

from zaqar.errors import ConfigurationError

_FILE = re.compile(r"<Locations.user: [^>]*>, detail='([^']+)'\) is not valid")
_REASONS = {
    "invalid literal for int() with base 10: ": "not a whole number: ",
    "could not convert string to float: ": "not a number: ",
}


class Options(cfg.ConfigOpts):
    """Options whose every value ``check_values`` judges."""

    def _validate_cli_options(self, namespace: Any) -> None:
        """Leave the options that are flags too, such as ``debug``, to ``check_values``."""
        # oslo.config's would end the process for a bad value in a file, also a running service's that only reloads.


def check_values(conf: cfg.ConfigOpts) -> None:
    """Refuse a value that its option cannot take, by the names of both and of where it stands."""
    for name in conf:
        values = _checked(conf, "DEFAULT", name)
        if isinstance(values, cfg.ConfigOpts.GroupAttr):
            for option in values:
                _checked(values, name, option)


def one_line(error: BaseException) -> str:
    """Return what the error says as one sentence."""
    return " ".join(str(error).split()).rstrip(".") + "."


def _checked(values: Mapping[str, Any], group: str, option: str) -> Any:
    try:
        return values[option]
    except (cfg.Error, ValueError) as error:
        place = _place(group, option, str(error))
        raise ConfigurationError(f"[{group}] {option}{place} cannot be used: {_reason(error)}") from error


def _place(group: str, option: str, message: str) -> str:
    variable = f"OS_{group}__{option}".upper()
    if variable in os.environ:  # it goes before the files
        return f" in the variable {variable}"
    found = _FILE.search(message)
    return f" in {found[1]}" if found else ""


def _reason(error: Exception) -> str:
    # oslo.config's own message holds its internals; the one of the option's type is what it was raised for.
    is_wrapped = isinstance(error, cfg.ConfigSourceValueError) and error.__context__ is not None
    text = one_line(error.__context__ or error) if is_wrapped else one_line(error)
    for theirs, ours in _REASONS.items():
        if text.startswith(theirs):
            return ours + text.removeprefix(theirs)
    return text
