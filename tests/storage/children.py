"""Processes forked from the test, as a WSGI server forks its workers from a parent that has loaded the application."""

import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator


class Child:
    """A process that runs one call; it is told, and tells, of its progress one byte at a time."""

    def __init__(self, call: Callable[["Child"], None]) -> None:
        from_parent, to_child = os.pipe()
        from_child, to_parent = os.pipe()
        with warnings.catch_warnings():  # Python 3.12 on: that threads of the test are lost is the point
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if not self.pid:
            os.close(to_child)
            os.close(from_child)
            self._input, self._output = from_parent, to_parent
            self._run_and_exit(call)
        os.close(from_parent)
        os.close(to_parent)
        self._input, self._output = from_child, to_child
        self._status: int | None = None

    def say(self) -> None:
        """Tell the other side that this side has come to the agreed point."""
        os.write(self._output, b".")

    def wait(self) -> None:
        """Wait until the other side has come to the agreed point."""
        assert os.read(self._input, 1) == b".", "the other side is gone"

    def kill(self) -> None:
        """End the child without a chance to clean up."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> int:
        """Return the status of the child once it has ended; its traceback is in the test's output."""
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self._input)
            os.close(self._output)
        return self._status

    def _run_and_exit(self, call: Callable[["Child"], None]) -> None:
        status = 1
        try:
            call(self)
            status = 0
        except BaseException:  # noqa: BLE001 - nothing of the child may go on in the test runner
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)


@contextlib.contextmanager
def child(call: Callable[[Child], None]) -> Iterator[Child]:
    """Run a call in a child, which is gone when the block ends."""
    started = Child(call)
    try:
        yield started
        assert started.end() in (0, -signal.SIGKILL)
    finally:
        if started._status is None:
            started.kill()
            started.end()
