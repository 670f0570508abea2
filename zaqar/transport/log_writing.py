"""Lines of one logger to its handlers, without the logging library's work for each of them where that is possible.

It is where a handler does nothing but to put a formatted line into a file or stream: such lines differ in message and
milliseconds only, so the formatter is asked once per second. Any other handler (syslog, the journal, JSON, one with a
filter) is given a record for each line.
"""

import logging
import logging.handlers
import os
import select
import stat
from collections.abc import Iterator, Sequence
from typing import Any

Line = tuple[float, str]
"""When it happened, in seconds since 1970, and what is to be said of it."""

_EMITS = (logging.StreamHandler.emit, logging.FileHandler.emit, logging.handlers.WatchedFileHandler.emit)
_MESSAGE = "<the message>"
_MILLISECONDS = 987654321
_LEVEL = logging.INFO


def write(logger: logging.Logger, lines: Sequence[Line], *, may_wait: bool = True) -> int:
    """Hand the lines to the logger's handlers, or to nobody where its level says so; return how many were handed on.

    Without ``may_wait`` those are left that the caller might have to wait for: a pipe or terminal that takes no more at
    the moment, several handlers, or one that is not a file.
    """
    if not logger.isEnabledFor(_LEVEL):
        return len(lines)
    handlers = [handler for handler in _handlers(logger) if handler.level <= _LEVEL]
    if not may_wait and (logger.filters or len(handlers) > 1):
        return 0
    if logger.filters:
        for line in lines:
            logger.handle(_record(logger, line))
        return len(lines)
    for handler in handlers:
        written = _write_text(logger, handler, lines, may_wait=may_wait)
        if not may_wait:
            return written or 0
        if written is None:
            for line in lines:
                handler.handle(_record(logger, line))
    return len(lines)


def _handlers(logger: logging.Logger) -> Iterator[logging.Handler]:
    here: logging.Logger | None = logger
    while here is not None:
        yield from here.handlers
        here = here.parent if here.propagate else None


def _record(logger: logging.Logger, line: Line) -> logging.LogRecord:
    created, message = line
    record = logger.makeRecord(logger.name, _LEVEL, __file__, 0, message, (), None)
    record.created, record.msecs = created, _milliseconds(created)
    return record


def _milliseconds(seconds: float) -> int:
    return int(seconds % 1 * 1000)


def _write_text(
    logger: logging.Logger, handler: logging.Handler, lines: Sequence[Line], *, may_wait: bool
) -> int | None:
    """Write the lines to the handler's stream; return how many, or None where that would not be what the handler does."""
    if type(handler).emit not in _EMITS or handler.filters or not isinstance(handler, logging.StreamHandler):
        return None
    written = 0
    handler.acquire()  # reopening, by signal or here, must not come between
    try:
        if isinstance(handler, logging.handlers.WatchedFileHandler):
            handler.reopenIfNeeded()
        descriptor = _descriptor(handler)
        texts = _texts(logger, handler, lines) if descriptor is not None else None
        if descriptor is None or texts is None:
            return None
        handler.flush()
        for number, piece in _pieces(texts, _most_together(descriptor)):
            if not may_wait and not _has_room(descriptor):
                return written
            _write_all(descriptor, piece)
            written += number
    except Exception:  # noqa: BLE001  # as for every handler: what is wrong with the log harms nobody else
        handler.handleError(_record(logger, lines[0]))
    finally:
        handler.release()
    return len(lines)


def _descriptor(handler: "logging.StreamHandler[Any]") -> int | None:
    try:
        return int(handler.stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None  # a stream in memory, or a file that is not open


def _texts(logger: logging.Logger, handler: "logging.StreamHandler[Any]", lines: Sequence[Line]) -> list[str] | None:
    """Return the lines as the handler would write them, or nothing where its formatter shows more than expected."""
    texts: list[str] = []
    second = -1
    for created, message in lines:
        if created - second >= 1 or created < second:
            second = int(created)
            form = _form(logger, handler, second)
            if not form or form % (_milliseconds(created), message) != _text(logger, handler, (created, message)):
                return None
        texts.append(form % ((created - second) * 1000, message))
    return texts


def _text(logger: logging.Logger, handler: "logging.StreamHandler[Any]", line: Line) -> str:
    return handler.format(_record(logger, line)) + handler.terminator


def _form(logger: logging.Logger, handler: "logging.StreamHandler[Any]", second: int) -> str:
    """Return what all lines of a second have in common, or "" where milliseconds and message are not told in turn."""
    record = _record(logger, (second, _MESSAGE))
    record.msecs = _MILLISECONDS
    text = handler.format(record) + handler.terminator
    form = text.replace("%", "%%").replace(str(_MILLISECONDS), "%03d").replace(_MESSAGE, "%s")
    if str(_MILLISECONDS) not in text:
        form = f"%.0s{form}"  # takes the milliseconds and shows nothing of them
    is_once = text.count(str(_MILLISECONDS)) <= 1 == text.count(_MESSAGE)
    return form if is_once and text.find(str(_MILLISECONDS)) < text.find(_MESSAGE) else ""


def _most_together(descriptor: int) -> int:
    """Return how many bytes one write keeps together although other processes write to the same place."""
    return 1 << 20 if stat.S_ISREG(os.fstat(descriptor).st_mode) else select.PIPE_BUF


def _pieces(texts: Sequence[str], most: int) -> Iterator[tuple[int, bytes]]:
    """Join the lines to pieces of at most so many bytes, with their number; a longer line is a piece by itself."""
    whole = "".join(texts).encode(errors="backslashreplace")
    if len(whole) <= most:
        yield len(texts), whole
        return
    piece: list[bytes] = []
    size = 0
    for text in (text.encode(errors="backslashreplace") for text in texts):
        if piece and size + len(text) > most:
            yield len(piece), b"".join(piece)
            piece, size = [], 0
        piece.append(text)
        size += len(text)
    yield len(piece), b"".join(piece)


def _has_room(descriptor: int) -> bool:
    """Tell whether a piece can be written without waiting; of a pipe that is ``PIPE_BUF`` bytes."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))


def _write_all(descriptor: int, piece: bytes) -> None:
    while piece:
        try:
            piece = piece[os.write(descriptor, piece) :]
        except BlockingIOError:  # whoever reads the pipe made it so
            select.select([], [descriptor], [])
