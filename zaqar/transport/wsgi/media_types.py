"""Media types in the headers Content-Type and Accept (RFC 9110, sections 8.3.1 and 12.5.1)."""

import re
from functools import lru_cache

# A text in quotes, or what was begun as one: each character is looked at once, whatever a client sends.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)', re.DOTALL)
# One element of a list, up to the next comma; a comma within quotes belongs to it.
_ELEMENT = re.compile(rf'(?:[^",]++|{_QUOTED.pattern})+', re.DOTALL)
_RANGE = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+)/([!#$%&'*+.^_`|~0-9a-z-]+)\Z")
_WEIGHT = re.compile(r"\s*q\s*=\s*([0-9]*\.?[0-9]*)\s*\Z", re.ASCII)

# Characters of a header whose judgement is remembered; clients send the same one with every request.
_SHORT = 256


def without_parameters(media_type: str) -> str:
    """Return the type alone, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def accepts(header: str, offered: tuple[str, ...]) -> bool:
    """Tell whether a client that sends this ``Accept`` takes one of the offered types, which have no parameters.

    Of the elements that match a type, the most specific decides. An element that cannot be read is left out, and a
    header in which none can be read asks for nothing in particular.
    """
    return _remembered(header, offered) if len(header) <= _SHORT else _accepts(header, offered)


def _accepts(header: str, offered: tuple[str, ...]) -> bool:
    ranges = [parsed for element in _ELEMENT.findall(header.lower()) if (parsed := _parsed(element))]
    return not ranges or any(_weight(media_type, ranges) > 0 for media_type in offered)


_remembered = lru_cache(maxsize=256)(_accepts)


def _weight(media_type: str, ranges: list[tuple[str, bool, float]]) -> float:
    main = media_type.partition("/")[0]
    for wanted in ((media_type, False), (media_type, True), (f"{main}/*", False), ("*/*", False)):
        weights = [weight for name, has_parameters, weight in ranges if _matches(wanted, name, has_parameters)]
        if weights:
            return max(weights)
    return 0


def _matches(wanted: tuple[str, bool], name: str, has_parameters: bool) -> bool:
    if name != wanted[0]:
        return False
    # A parameter, such as a profile, asks for more than the plain type, which is better than nothing.
    return name.endswith("*") or has_parameters == wanted[1]


def _parsed(element: str) -> tuple[str, bool, float] | None:
    """Return type, whether it has parameters besides the weight, and the weight."""
    name, *parameters = _QUOTED.sub("", element).split(";")
    name = name.strip()
    if name == "*":  # compat: Java's HttpURLConnection sends "*; q=.2"
        name = "*/*"
    if not _RANGE.match(name) or (name.startswith("*/") and name != "*/*"):
        return None
    weights = [float(found[1]) for text in parameters if (found := _WEIGHT.match(text)) and found[1].strip(".")]
    has_parameters = any(text.strip() and text.partition("=")[0].strip() != "q" for text in parameters)
    return name, has_parameters, weights[0] if weights else 1.0
