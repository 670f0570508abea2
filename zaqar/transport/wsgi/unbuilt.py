"""What version 2 of the API has and this service does not yet: a 404 that says so, and not that a path is mistyped."""

import re

_PARTS = (
    (re.compile(r"/v2/pools(/|\Z)"), "Pools are"),
    (re.compile(r"/v2/flavors(/|\Z)"), "Flavors are"),
    (re.compile(r"/v2/health\Z"), "The health document is"),
)


def sentence(path: str) -> str | None:
    """Return what to say of a path that will lead somewhere; None for any other."""
    return next((f"{part} not built yet." for pattern, part in _PARTS if pattern.match(path)), None)
