"""Citations of the specification: ``http X-4``, ``storage R2.9.1``, ``http sections 6.2 to 6.4``, ``clients K-9``.

A citation names its document by one word. It may list rules, with commas and "and", and ranges, with "to"; the document's
name holds for all of a list. Where nearly every test is about one document, a rule alone is that document's (``DEFAULTS``).
"""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FILES = {
    "http": "http-api.md",
    "storage": "storage.md",
    "notifications": "notifications-websocket.md",
    "clients": "clients.md",
}
DEFAULTS = {
    "tests/api": "http",
    "tests/transport": "http",
    "tests/storage": "storage",
    "tests/notification": "notifications",
    "zaqar/notification": "notifications",
    **{f"doc/spec/{file}": name for name, file in FILES.items()},
}
"""Folder or file, and the document of a rule that is cited there without one: it is about that document only."""

_RULE = r"(?:[A-Z]-[A-Z]?\d+(?![\w-])|R\d+(?:\.\d+)+(?!\w)|E-[A-Z]{2,}(?![\w-]))"
_DOTTED = r"(?:\d+(?:\.\d+)+|[A-D]\d+(?:\.\d+)?)(?!\w)"
_SECTION = rf"(?:{_DOTTED}|\d+(?![\w.-]*\w))"
_GAP = r"[ `]*\n?[ `]*"  # a list goes on behind the end of a line, and not behind an empty one


def _list(of: str) -> str:
    return rf"{of}(?:,?{_GAP}(?:and\b|to\b|,){_GAP}{of})*"


_NAMES = "|".join(f"[{name[0].upper()}{name[0]}]{name[1:]}" for name in (*FILES, "design"))
_CITATION = re.compile(
    rf"(?<![\w/.-])(?:(?P<document>{_NAMES}),?{_GAP}(?:(?:sections?|decisions?){_GAP}(?P<sections>{_list(_SECTION)})"
    rf"|(?P<section>{_DOTTED})|(?P<rules>{_list(_RULE)}))|(?P<alone>{_list(_RULE)}))"
)
_PIECE = re.compile(rf"(?P<to>\bto\b)|(?P<cited>{_RULE}|{_SECTION})")
_DEFINITION = re.compile(rf"(?:\* )?\*\*({_RULE})|\s*\| [*`]{{0,2}}({_RULE})[*`]{{0,2}} ", re.MULTILINE)
_HEADING = re.compile(r"#+ (?P<number>\d+(?:\.\d+)*|[A-D]\d*(?:\.\d+)?)\.? ")


class Problem(NamedTuple):
    """A citation that leads nowhere."""

    line: int
    citation: str
    reason: str


class Document(NamedTuple):
    """What can be cited of a document."""

    file: str
    rules: frozenset[str]
    sections: frozenset[str]

    @classmethod
    def read(cls, path: Path) -> "Document":
        """Return the document in a file. Raises ``ValueError`` where it has a number twice."""
        lines = path.read_text().splitlines()
        rules = [found[1] or found[2] for line in lines if (found := _DEFINITION.match(line))]
        sections = [found["number"] for line in lines if (found := _HEADING.match(line))]
        twice = [number for number, count in Counter([*rules, *sections]).items() if count > 1]
        if twice:
            raise ValueError(f"{path.name} has {', '.join(twice)} more than once")
        return cls(path.name, frozenset(rules), frozenset(sections))


def specification() -> dict[str, Document]:
    return {name: Document.read(ROOT / "doc/spec" / file) for name, file in FILES.items()}


def default_of(path: str) -> str | None:
    """Return the document of a rule that stands alone in a file, if there is one."""
    return next((name for place, name in DEFAULTS.items() if path == place or path.startswith(f"{place}/")), None)


def prose(path: Path) -> str:
    """Return the text of a file with everything blanked that is neither comment nor docstring; lines stay where they are."""
    text = path.read_text()
    if path.suffix == ".md":
        return text
    if path.suffix == ".lua":
        return re.sub(r"(?m)^(?:(?!--).)*(?:--)?", lambda found: " " * len(found[0]), text)
    return _prose_of_python(text)


def problems(text: str, documents: dict[str, Document], *, default: str | None = None) -> Iterator[Problem]:
    """Yield what is cited in a text and does not exist."""
    for found in _CITATION.finditer(text):
        name = (found["document"] or default or "").lower()
        rules = found["rules"] or found["alone"]
        listed = rules or found["sections"] or found["section"]
        if name in documents:
            reason = "; ".join(_missing(listed, documents[name], is_section=not rules))
        else:
            reason = f"there is no document {name}" if name else "it names no document"
        if reason:
            line = text.count("\n", 0, found.start()) + 1
            yield Problem(line, " ".join(found[0].replace("`", "").split()), reason)


def _missing(listed: str, document: Document, *, is_section: bool) -> Iterator[str]:
    there = document.sections if is_section else document.rules
    previous, is_range = "", False
    for piece in _PIECE.finditer(listed):
        if piece["to"]:
            is_range = True
            continue
        cited = piece["cited"]
        if cited not in there:
            yield f"{document.file} has no {'section ' if is_section else ''}{cited}"
        if is_range and _place(previous) >= _place(cited):
            yield f"{previous} to {cited} is no range"
        elif is_range and _series(previous) != _series(cited):
            yield f"{previous} and {cited} are of two series"
        previous, is_range = cited, False


def _place(cited: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", cited)]


def _series(cited: str) -> str:
    return re.sub(r"[\d.]+$", "", cited)


def _prose_of_python(text: str) -> str:
    lines = [" " * len(line) for line in text.splitlines()]
    source = text.splitlines()

    def keep(row: int, start: int, end: int) -> None:
        lines[row] = lines[row][:start] + source[row][start:end].replace("#", " ") + lines[row][end:]

    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            keep(token.start[0] - 1, token.start[1], token.end[1])
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for row in range(node.lineno - 1, node.end_lineno):
                keep(row, 0, len(source[row]))
    return "\n".join(lines)
