"""Text from outside in the log: it makes no line of its own and moves no cursor, whatever it holds."""

import logging
import re
import traceback
from typing import Any

MOST_CHARACTERS = 1000
"""Length beyond which the value of a field is cut."""

# Printable ASCII, without what separates fields, names and values, and without what begins a quoted value.
_is_plain = re.compile(rf"[!#-&(-<>-\[\]-~]{{1,{MOST_CHARACTERS}}}\Z").match
# The same with what separates and blanks between words: nothing that quotes would have to escape.
_is_quotable = re.compile(rf"[ !#-&(-\[\]-~]{{1,{MOST_CHARACTERS - 2}}}\Z").match


def escape(text: str) -> str:
    """Return the text with an escape for each character that cannot be printed.

    Those are control characters, separators of lines and paragraphs, marks that turn the direction of writing, every
    blank but the usual one, and lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def quote(text: str) -> str:
    """Return the value of a field: in quotes where it could be taken for anything else, cut where it is long."""
    if _is_plain(text):
        return text
    if _is_quotable(text):
        return f"'{text}'"
    quoted = ascii(text[: MOST_CHARACTERS + 1])
    return quoted if len(quoted) <= MOST_CHARACTERS else f"{quoted[:MOST_CHARACTERS]}...{quoted[0]}"


class Record(logging.LogRecord):
    """A record whose message is one line."""

    def getMessage(self) -> str:  # noqa: N802  # logging's own name
        """Return the message, escaped."""
        return escape(super().getMessage())

    @property
    def error_summary(self) -> str:
        """The words of the exception in whose course the record was made; oslo.log puts them behind the message.

        None where the message tells them already.
        """
        return str(self.__dict__.get("error_summary", ""))

    @error_summary.setter
    def error_summary(self, words: str) -> None:
        told = words.partition(": ")[2]
        self.__dict__["error_summary"] = "" if told and escape(told) in self.getMessage() else escape(words)


def make_record(*arguments: Any, **named: Any) -> logging.LogRecord:
    """Make a record in whose traceback only Python itself begins lines; for ``logging.setLogRecordFactory``."""
    record = Record(*arguments, **named)
    if record.exc_info and record.exc_info[1] is not None:
        told = traceback.TracebackException.from_exception(record.exc_info[1])
        parts = list(told.format())
        _escape_notes(told)
        escaped = [_escaped_part(part) for part in told.format()]
        if escaped != parts:
            # Formatters would write the exception's own words as they are.
            record.exc_info, record.exc_text = None, "".join(escaped).rstrip("\n")
    return record


def _escape_notes(told: traceback.TracebackException) -> None:
    # Python makes lines of them before they can be told from its own.
    notes = getattr(told, "__notes__", None)
    if isinstance(notes, (list, tuple)):
        told.__notes__ = [escape(str(note)) for note in notes]
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if other is not None:
            _escape_notes(other)


def _escaped_part(part: str) -> str:
    """Return a part of a traceback: the lines of a place in the code, or one with the words of an exception."""
    if part.lstrip(" |").startswith('File "'):
        return "\n".join(escape(line) for line in part.split("\n"))
    words = part.strip("\n")
    return part.replace(words, escape(words)) if words else part
