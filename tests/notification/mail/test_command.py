"""Mail by a program on the host (notifications N-44)."""

import ast
import asyncio
import os
import signal
import stat
import sys
import threading

import pytest

from zaqar.notification.kinds.kind import Answer
from zaqar.notification.mail.address import envelope
from zaqar.notification.mail.command import Command
from zaqar.notification.mail.complaints import Complaints
from zaqar.notification.mail.letter import letter

KEEPS = """
import pathlib, sys
pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())
pathlib.Path(sys.argv[1] + ".arguments").write_text(repr(sys.argv[2:]))
"""


@pytest.fixture
def program(tmp_path):
    """Makes a program; returns the words to run it with."""

    def make(text):
        path = tmp_path / "program"
        path.write_text(f"#!{sys.executable}\n{text}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return make


def letter_to(recipient="a@example.com", text=b'{"body": "$(reboot)"}', **options):
    return letter(envelope(f"mailto:{recipient}", options), text, name="n", created=1_800_000_000)


def sent(words, *letters, timeout=20.0, most=4):
    async def run():
        command = Command(words, most=most, timeout=timeout, complaints=Complaints())
        try:
            return await asyncio.gather(*(command.send(one) for one in letters))
        finally:
            await command.close()

    return asyncio.run(run())


def test_the_program_gets_the_whole_mail_on_its_standard_input(program, tmp_path):
    kept, made = tmp_path / "kept", letter_to(subject="`id`; $(id)")

    answers = sent([program(KEEPS), str(kept), "-t", "$HOME;id", "*"], made)

    assert answers == [Answer("status 0", is_delivered=True)]
    assert kept.read_bytes() == made.content.replace(b"\r\n", b"\n")
    assert (tmp_path / "kept.arguments").read_text() == "['-t', '$HOME;id', '*']"


@pytest.mark.parametrize("status", [75, 1, 67, 255])
def test_a_program_that_fails_is_a_failure_for_now(program, status, caplog):
    answers = sent([program(f"import sys; print('secret words'); sys.exit({status})")], letter_to())

    assert answers == [Answer(f"exit status {status}")]
    assert f"failed with exit status {status}." in caplog.text
    assert "a@example.com" not in caplog.text


def test_a_program_that_is_killed_is_a_failure_for_now(program):
    assert sent([program("import os; os.kill(os.getpid(), 9)")], letter_to()) == [Answer("exit status -9")]


def test_a_program_that_does_not_read_is_no_mistake(program):
    assert sent([program("")], letter_to(text=b"x" * 300_000)) == [Answer("status 0", is_delivered=True)]


def test_a_program_that_hangs_is_killed(program, tmp_path):
    hangs = f"import os, pathlib, time; pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid())); time.sleep(3600)"

    answers = sent([program(hangs)], letter_to(), timeout=1.0)

    assert answers == [Answer("the command did not end in time")]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_what_a_program_that_hangs_has_started_is_killed_with_it(program, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    starts = f"import os, signal\nos.open({str(fifo)!r}, os.O_WRONLY)\nos.fork()\nsignal.pause()\n"

    (answer,) = sent([program(starts)], letter_to(), timeout=2.0)

    assert answer == Answer("the command did not end in time")
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""  # the end, as nobody holds the other side any more
    os.close(reader)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_program_that_cannot_be_run_is_the_service_s_own_concern(tmp_path, is_there, caplog):
    path = tmp_path / "program"
    if is_there:
        path.write_text("not executable")

    assert sent([str(path), "-t"], letter_to()) == [Answer("the command cannot be run", is_ours=True)]
    assert f"Mail waits: {path} cannot be run:" in caplog.text


def test_no_more_programs_run_than_are_allowed(program, tmp_path):
    alone = f"""
import os, sys, time
try:
    os.mkdir({str(tmp_path / "here")!r})
except FileExistsError:
    sys.exit(1)
time.sleep(0.05)
os.rmdir({str(tmp_path / "here")!r})
"""
    answers = sent([program(alone)], *[letter_to()] * 5, most=1)

    assert answers == [Answer("status 0", is_delivered=True)] * 5


def test_processes_that_are_forked_meanwhile_hold_up_no_mail(program):
    """A worker that lives on has a copy of everything that was open when it was forked."""
    is_over, children = threading.Event(), []

    def fork():
        while not is_over.is_set():
            pid = os.fork()
            if pid == 0:
                signal.pause()
                os._exit(0)
            children.append(pid)
            is_over.wait(0.01)

    forking = threading.Thread(target=fork)
    forking.start()
    try:
        answers = sent([program("import sys; sys.stdin.read()")], *[letter_to()] * 10)
    finally:
        is_over.set()
        forking.join()
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    assert answers == [Answer("status 0", is_delivered=True)] * 10


def test_a_program_inherits_nothing_but_its_input(program, tmp_path):
    left = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(left, True)
    try:
        kept = tmp_path / "kept"
        looks = f"import os, pathlib; pathlib.Path({str(kept)!r}).write_text(repr(sorted(map(int, os.listdir('/proc/self/fd')))))"
        sent([program(looks)], letter_to())
    finally:
        os.close(left)

    assert left not in ast.literal_eval(kept.read_text())
