"""Mail that leaves through a program on this host (``smtp_mode = third_part``; notifications N-44)."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from zaqar import spawning
from zaqar.notification.kinds.kind import Answer
from zaqar.notification.mail.complaints import Complaints
from zaqar.notification.mail.letter import Letter

_STDIN = 0
_OUTPUTS = (1, 2)
"""What the program says may have addresses in it; its status is what counts."""


class _Run:
    """A program that runs; ``end`` closes what is known of it."""

    def __init__(self, command: Sequence[str], content: bytes) -> None:
        """Start it. Raises ``OSError`` where it cannot be."""
        # A file, not a pipe: that would have no end while a process that is forked meanwhile keeps the other side.
        given = os.memfd_create("mail")
        try:
            _write(given, content)
            self._pid = os.posix_spawnp(
                command[0],
                list(command),
                os.environ,
                file_actions=[
                    *spawning.closing_inherited(),
                    (os.POSIX_SPAWN_DUP2, given, _STDIN),
                    *((os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in _OUTPUTS),
                ],
                setpgroup=0,  # a group of its own, so that what it starts can be ended with it
                setsigmask=(),
                setsigdef=(signal.SIGPIPE,),
            )
        finally:
            os.close(given)
        self._handle = os.pidfd_open(self._pid)

    def wait(self) -> int | None:
        """Return its status, once it has ended; None where somebody else was told of it, such as an engine."""
        # Blocked in the kernel, this thread has the status before whoever is told by a signal gets to ask.
        try:
            return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        except ChildProcessError:
            return None

    def kill(self) -> None:
        """End it, with what it has started."""
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            signal.pidfd_send_signal(self._handle, 0)  # else its id could be another's by now
            os.killpg(self._pid, signal.SIGKILL)

    def end(self) -> None:
        """Forget it."""
        os.close(self._handle)


class Command:
    """Runs a program for each letter, ``most`` at a time, for ``timeout`` seconds at most."""

    def __init__(self, command: Sequence[str], *, most: int, timeout: float, complaints: Complaints) -> None:
        self._command = command
        self._timeout = timeout
        self._complaints = complaints
        self._places = asyncio.Semaphore(most)
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="mail-command")

    async def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(self, letter: Letter) -> Answer:
        """Make one attempt; never raises for what a program does."""
        content = letter.content.replace(b"\r\n", b"\n")  # as programs have it
        async with self._places:
            try:
                run = _Run(self._command, content)
            except OSError as error:
                self._complaints.say(f"Mail waits: {self._command[0]} cannot be run: {error.strerror}.")
                return Answer("the command cannot be run", is_ours=True)
            return await self._result(run)

    async def _result(self, run: _Run) -> Answer:
        waiting = asyncio.get_running_loop().run_in_executor(self._threads, run.wait)
        waiting.add_done_callback(lambda _: run.end())
        try:
            status = await asyncio.wait_for(asyncio.shield(waiting), self._timeout)
        except TimeoutError:
            run.kill()
            await waiting
            self._complaints.say(f"Mail waits: {self._command[0]} does not end in time.")
            return Answer("the command did not end in time")
        except asyncio.CancelledError:
            run.kill()
            raise
        if status == 0:
            return Answer("status 0", is_delivered=True)
        if status is None:
            self._complaints.say(f"Mail waits: the exit status of {self._command[0]} cannot be known.")
            return Answer("the exit status of the command cannot be known")
        self._complaints.say(f"Mail waits: {self._command[0]} failed with exit status {status}.")
        return Answer(f"exit status {status}")


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
