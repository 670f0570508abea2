"""Lines that are written together look as if the logging library had written each of them."""

import io
import json
import logging
import logging.handlers
import os
import queue
import re
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from oslo_log.formatters import ContextFormatter, JSONFormatter

from zaqar import config
from zaqar.transport.log_lines import Lines
from zaqar.transport.log_writing import write

MOMENTS = [1_800_000_000.0, 1_800_000_000.001, 1_800_000_000.999, 1_800_000_001.5]
LINES = [(moment, f"path='/a\\n%d{{}}' number={number}") for number, moment in enumerate(MOMENTS)]


@pytest.fixture
def logger():
    logger = logging.getLogger("tests.log_lines")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield logger
    for handler in logger.handlers[:]:
        handler.close()
        logger.removeHandler(handler)
    for condition in logger.filters[:]:
        logger.removeFilter(condition)


@pytest.fixture
def lone():
    """Return a logger to which pytest adds no handlers of its own."""
    logger = logging.Logger("tests.log_lines.lone")  # noqa: LOG001
    yield logger
    for handler in logger.handlers:
        handler.close()


@pytest.fixture
def conf():
    return config.load([], prog="zaqar-server")


def formatters(conf):
    return {
        "oslo.log": ContextFormatter(config=conf, datefmt=conf.log_date_format),
        "JSON": JSONFormatter(),
        "plain": logging.Formatter("%(message)s"),
        "default": logging.Formatter("%(asctime)s %(message)s"),
        "braces": logging.Formatter("{asctime} {{}} {msecs:07.3f} {message}", style="{"),
        "fractions": logging.Formatter("%(created)f %(message)s"),
        "level": logging.Formatter("%(levelname)s %(name)s %(process)d 100%% %(message)s"),
    }


def written_singly(formatter, logger):
    """Return what the logging library makes of the lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    for created, message in LINES:
        record = logger.makeRecord(logger.name, logging.INFO, "", 0, message, (), None)
        record.created, record.msecs = created, int(created % 1 * 1000)
        handler.handle(record)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["oslo.log", "plain", "default", "braces", "fractions", "level"])
def test_a_file_gets_what_its_formatter_would_have_made_of_each_line(logger, conf, tmp_path, name):
    formatter = formatters(conf)[name]
    handler = logging.FileHandler(tmp_path / "log")
    handler.setFormatter(formatter)
    logger.addHandler(handler)

    write(logger, LINES)

    assert (tmp_path / "log").read_text() == written_singly(formatter, logger)


def test_a_json_log_gets_a_document_for_each_line(logger, conf, tmp_path):
    handler = logging.FileHandler(tmp_path / "log")
    handler.setFormatter(formatters(conf)["JSON"])
    logger.addHandler(handler)

    write(logger, LINES)

    documents = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(document["created"], document["message"]) for document in documents] == LINES


def test_any_other_handler_gets_a_record_for_each_line(logger):
    class Journal(logging.Handler):
        def emit(self, record):
            records.append((record.created, record.getMessage(), record.levelname))

    records = []
    logger.addHandler(Journal())

    write(logger, LINES)

    assert records == [(moment, message, "INFO") for moment, message in LINES]


@pytest.mark.parametrize("place", ["logger", "handler"])
def test_filters_see_each_line(logger, tmp_path, place):
    handler = logging.FileHandler(tmp_path / "log")
    logger.addHandler(handler)
    {"logger": logger, "handler": handler}[place].addFilter(lambda record: "number=2" in record.getMessage())

    write(logger, LINES)

    assert (tmp_path / "log").read_text() == LINES[2][1] + "\n"


def test_levels_are_obeyed(logger, tmp_path):
    quiet = logging.FileHandler(tmp_path / "quiet")
    quiet.setLevel(logging.WARNING)
    logger.addHandler(quiet)
    write(logger, LINES)
    logger.setLevel(logging.WARNING)
    logger.addHandler(logging.FileHandler(tmp_path / "log"))
    write(logger, LINES)

    assert (tmp_path / "quiet").read_text() + (tmp_path / "log").read_text() == ""


def test_lines_go_on_in_a_new_file_when_the_old_one_was_moved(logger, tmp_path):
    logger.addHandler(logging.handlers.WatchedFileHandler(tmp_path / "log"))

    write(logger, LINES[:2])
    (tmp_path / "log").rename(tmp_path / "log.1")
    write(logger, LINES[2:])

    assert (tmp_path / "log.1").read_text().splitlines() == [message for _, message in LINES[:2]]
    assert (tmp_path / "log").read_text().splitlines() == [message for _, message in LINES[2:]]


def test_a_log_that_cannot_be_written_harms_nobody(logger, capsys):
    with Path("/dev/full").open("a") as full:
        logger.addHandler(logging.StreamHandler(full))
        write(logger, LINES)

    assert "No space left on device" in capsys.readouterr().err


def test_lines_of_many_processes_stay_whole_in_a_pipe_that_is_read_slowly():
    program = (
        "import logging, os, sys\n"
        "from zaqar.transport.log_writing import write\n"
        "logger = logging.Logger('a')\n"
        "logger.addHandler(logging.StreamHandler(sys.stdout))\n"
        "for _ in range(20):\n"
        "    write(logger, [(0.0, f'<{os.getpid()} ' + 'x' * (n % 700) + '>') for n in range(300)])\n"
    )
    reading, writing = os.pipe()
    writers = [subprocess.Popen([sys.executable, "-c", program], stdout=writing) for _ in range(3)]
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        text = b"".join(iter(lambda: pipe.read(1000), b""))
    assert [writer.wait() for writer in writers] == [0, 0, 0]

    lines = text.splitlines()
    assert len(lines) == 3 * 20 * 300
    assert all(re.fullmatch(rb"<[0-9]+ x*>", line) for line in lines)


def test_a_pipe_that_does_not_block_loses_nothing(logger):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    stream = os.fdopen(writing, "w")
    logger.addHandler(logging.StreamHandler(stream))
    read = []

    def drain():
        with os.fdopen(reading, "rb") as pipe:
            read.append(pipe.read())

    reader = threading.Thread(target=drain)
    lines = [(0.0, "x" * 300)] * 2000
    starter = threading.Timer(0.1, reader.start)
    starter.start()
    write(logger, lines)
    starter.join()
    stream.close()
    reader.join()

    assert read[0].count(b"\n") == 2000


def test_lines_that_are_added_are_in_the_file_after_a_moment(logger, tmp_path):
    logger.addHandler(logging.FileHandler(tmp_path / "log"))
    lines = Lines(logger, str)

    deadline = time.monotonic() + 10
    for batch in ("first", "second"):
        lines.add(batch, time.perf_counter())
        while batch not in (tmp_path / "log").read_text():
            assert time.monotonic() < deadline
    assert (tmp_path / "log").read_text() == "first\nsecond\n"


def test_after_a_pause_a_line_is_written_by_who_adds_it(lone, tmp_path):
    lone.addHandler(logging.FileHandler(tmp_path / "log"))

    Lines(lone, str).add("first", time.perf_counter())

    assert (tmp_path / "log").read_text() == "first\n"


def test_nobody_waits_for_a_pipe_that_is_not_read_until_too_much_waits(lone):
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    lone.addHandler(logging.StreamHandler(stream))
    lines = Lines(lone, str)
    deadline = time.monotonic() + 0.5  # of some moments, each of which ends with an attempt to write
    added = 0
    while time.monotonic() < deadline or added < 2000:
        lines.add(f"{added:0100d}", time.perf_counter())
        added += 1
        time.sleep(0.0001)  # less than MOST_WAITING in all
    with os.fdopen(reading, "rb") as pipe:
        found = [int(pipe.readline()) for _ in range(added)]

    assert found == list(range(added))
    lines.write()
    stream.close()


def test_a_handler_of_another_kind_gets_its_lines_from_the_thread(lone):
    class Journal(logging.Handler):
        def emit(self, record):
            records.put((record.getMessage(), threading.current_thread()))

    records = queue.Queue()
    lone.addHandler(Journal())
    lines = Lines(lone, str)
    for number in range(3):
        lines.add(number, time.perf_counter())

    found = [records.get(timeout=10) for _ in range(3)]
    assert [message for message, _ in found] == ["0", "1", "2"]
    assert threading.current_thread() not in [thread for _, thread in found]


def test_a_process_that_ends_has_written_every_line_also_the_ones_of_its_end(tmp_path):
    program = (
        "import atexit, logging, sys, time\n"
        "from zaqar.transport.log_lines import Lines\n"
        "logger = logging.Logger('a')\n"
        "logger.addHandler(logging.StreamHandler(sys.stdout))\n"
        "lines = Lines(logger, str)\n"
        "atexit.register(lambda: lines.add('last', time.perf_counter()))\n"
        "[lines.add(str(number), time.perf_counter()) for number in range(1000)]\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)

    assert ended.stdout.split() == [*map(str, range(1000)), "last"]
    assert ended.stderr == ""


def test_who_adds_more_than_can_wait_waits_for_the_writing(logger):
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    logger.addHandler(logging.StreamHandler(stream))
    lines = Lines(logger, str)
    adder = threading.Thread(target=lambda: [lines.add("x" * 99, time.perf_counter()) for _ in range(30_000)])
    adder.start()

    held = 0
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while held < 3_000_000:
            assert select.select([pipe], [], [], 10)[0]
            held += len(pipe.read(1 << 16))
    adder.join()

    assert held == 3_000_000
    stream.close()
