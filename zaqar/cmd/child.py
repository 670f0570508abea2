"""A program of the service's own that runs beside it, as its child: started again when it dies, ended with it."""

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

from zaqar import forks, spawning

LOG = logging.getLogger(__name__)

PARENT_VARIABLE = "ZAQAR_PARENT"
"""Names the parent to its child, which then takes the parent's arguments, and ends when that is gone."""

AFTER_DEATH = 0.5
"""Seconds before a child that died is replaced."""
LONGEST_PAUSE = 30.0
"""Most seconds before a child that died is replaced, where it dies again and again."""
LONG_ENOUGH = 5.0
"""Seconds that a child has to live so that its next death counts as the first."""
UNKNOWN = 255
"""The status of a child whose own nobody has told us."""
FAREWELL = 10.0
"""Seconds that a child has to end when it is told to."""


class Child:
    """Runs a module as a program in a child process, with ``PARENT_VARIABLE`` set, and starts it again when it dies.

    What a terminal sends to all of its processes is for the parent: the child has to ignore it. Processes that are forked
    have nothing to do with it.
    """

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._module = module
        self.forget_parent()
        forks.tell(self)

    def forget_parent(self) -> None:
        """Leave the child to the process that started it."""
        self._pid: int | None = None
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()
        self._is_renewed = False

    def start(self) -> None:
        """Start it, and keep it running; where it runs, another takes its place, which reads the configuration anew."""
        if self._thread is not None and not self._is_over.is_set():
            self._is_renewed = True
            self.tell(signal.SIGTERM)
            return
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, args=(self._is_over,), name="child", daemon=True)
        self._thread.start()

    def dismiss(self) -> None:
        """Let it end, and start no other."""
        self._is_over.set()
        self.tell(signal.SIGTERM)

    def stop(self) -> None:
        """End it, and wait for it."""
        self.dismiss()
        if self._thread is None:
            return
        self._thread.join(FAREWELL)
        if self._thread.is_alive():
            self.tell(signal.SIGKILL)
            self._thread.join(FAREWELL)

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        pid = self._pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _keep(self, is_over: threading.Event) -> None:
        pause = AFTER_DEATH / 2
        while not is_over.is_set():
            began = time.monotonic()
            status = self._run(is_over)
            if self._is_renewed:
                self._is_renewed = False
            elif not is_over.is_set():
                has_lived = time.monotonic() - began >= LONG_ENOUGH
                pause = AFTER_DEATH if has_lived else min(2 * pause, LONGEST_PAUSE)
                LOG.error("%s has ended with status %s; another is started in %.1f s.", self._module, status, pause)
                is_over.wait(pause)

    def _run(self, is_over: threading.Event) -> int:
        environment = os.environ | {PARENT_VARIABLE: str(os.getpid())}
        try:
            actions = spawning.closing_inherited()
            pid = os.posix_spawn(sys.executable, self._command, environment, file_actions=actions, setsigmask=())
        except OSError as error:
            LOG.error("%s cannot be started: %s", self._module, error)  # noqa: TRY400  # the sentence says it all
            return 1
        self._pid = pid
        if is_over.is_set():
            self.tell(signal.SIGTERM)
        try:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except ChildProcessError:  # an engine takes note of every child that ends, and was the first
            return UNKNOWN
        finally:
            self._pid = None
