"""The header EXTRA-SPEC: data for a handler that an operator plugs in (http X-29). It never authenticates anybody."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points

from zaqar.errors import Invalid

GROUP = "zaqar.extraspec.tasks"


def accept(value: str) -> None:
    """Take note of nothing: the handler of the scheme ``messagecode``."""


def check(value: str) -> None:
    """Call the handler of the header's scheme with the whole value; an empty scheme is ignored."""
    scheme = value.split(":", 1)[0] if ":" in value else ""
    if scheme:
        _handler(scheme)(value)


@cache
def _handlers() -> dict[str, Callable[[str], None]]:
    return {point.name: point.load() for point in entry_points(group=GROUP)}


def _handler(scheme: str) -> Callable[[str], None]:
    handler = _handlers().get(scheme)
    if handler is None:
        known = ", ".join(sorted(_handlers()))
        raise Invalid(f'The "EXTRA-SPEC" header names an unknown scheme; known are: {known}.')
    return handler
