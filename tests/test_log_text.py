"""What comes from outside stays in its line of the log."""

import logging
import sys
import unicodedata

import pytest

from zaqar import log_text
from zaqar.log_text import MOST_CHARACTERS, escape, quote

# One of each kind: control characters of both sets, separators, marks of direction, a lone surrogate, an odd blank.
BAD = ["\n", "\r", "\t", "\x00", "\x1b[2J", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u200e", "\u061c"]
BAD += ["\u202e", "\u2066", "\ufeff", "\ud800", "\xa0"]


@pytest.fixture
def written(tmp_path):
    """Log what a function does, and return the lines."""
    made, factory = logging.getLogger("tests.log_text"), logging.getLogRecordFactory()
    handler = logging.FileHandler(tmp_path / "log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    made.addHandler(handler)
    made.propagate = False
    logging.setLogRecordFactory(log_text.make_record)

    def write(act):
        act(made)
        return (tmp_path / "log").read_bytes().decode()

    yield write
    logging.setLogRecordFactory(factory)
    made.removeHandler(handler)
    handler.close()


def is_harmless(text):
    return all(unicodedata.category(one)[0] != "C" and one not in "\u2028\u2029\xa0" for one in text)


@pytest.mark.parametrize("bad", BAD, ids=ascii)
def test_nothing_in_a_message_leaves_its_line(written, bad):
    text = written(lambda log: log.warning("asked for %s by %r", f"a{bad}b", "é"))

    assert text.endswith("\n")
    assert is_harmless(text[:-1])
    assert "é" in text


@pytest.mark.parametrize("bad", BAD, ids=ascii)
def test_the_words_of_an_exception_and_of_its_causes_begin_no_line(written, bad):
    def fail(log):
        try:
            try:
                raise LookupError(f"cause{bad}forged 1")
            except LookupError as error:
                error.add_note(f"note{bad}forged 2")
                raise ValueError(f"effect{bad}forged 3") from error
        except ValueError:
            log.exception("It failed.")

    lines = written(fail).split("\n")

    assert all(is_harmless(line) for line in lines)
    assert not [line for line in lines if line.startswith("forged")]
    assert len([line for line in lines if "forged" in line and "raise" not in line]) == 3
    assert "Traceback (most recent call last):" in lines


def test_exceptions_in_a_group_begin_no_line(written):
    def fail(log):
        try:
            raise ExceptionGroup("several", [ValueError("one\nforged"), TypeError("two")])
        except ExceptionGroup:
            log.exception("It failed.")

    assert not [line for line in written(fail).split("\n") if line.lstrip(" |").startswith("forged")]


def test_a_usual_exception_is_left_to_the_formatter():
    try:
        raise ValueError("words")
    except ValueError:
        record = log_text.make_record("name", logging.ERROR, "path", 1, "It failed.", (), sys.exc_info())

    assert record.exc_info[0] is ValueError
    assert record.exc_text is None


@pytest.mark.parametrize("plain", ["/v2/queues", "-", "a?b&c", "127.0.0.1", "x" * MOST_CHARACTERS])
def test_a_plain_value_stays_as_it_is(plain):
    assert quote(plain) == plain


@pytest.mark.parametrize("odd", ["", "a b", "a=b", 'a"b', "a'b", "a\\b", "é", *(f"a{bad}b" for bad in BAD)], ids=ascii)
def test_a_value_that_could_be_taken_for_something_else_is_quoted(odd):
    quoted = quote(odd)

    assert quoted[0] == quoted[-1]
    assert quoted[0] in "'\""
    assert quoted.isascii()
    assert quoted.isprintable()


@pytest.mark.parametrize("one", ["x", "\n", "\U0010ffff", "'"], ids=ascii)
def test_a_long_value_is_cut(one):
    assert len(quote(one * 100_000)) < MOST_CHARACTERS + 10


def test_what_can_be_printed_is_not_escaped():
    assert escape("Größe € 漢字 \\n") == "Größe € 漢字 \\n"


@pytest.mark.parametrize(
    ("message", "summary", "shown"),
    [
        ("It cannot be served: The store is away.", "zaqar.errors.Unavailable: The store is away.", ""),
        ("It failed.", "ValueError: The store is away.", "ValueError: The store is away."),
        ("It failed.", "KeyError", "KeyError"),
        ("It failed.", "-", "-"),
    ],
)
def test_the_words_of_an_exception_are_not_told_twice(message, summary, shown):
    record = log_text.make_record("name", logging.ERROR, "path", 1, message, (), None)

    record.error_summary = summary

    assert record.error_summary == shown
