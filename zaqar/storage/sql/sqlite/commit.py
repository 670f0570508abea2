"""Group commit: many writes, one sync of the disk.

A thread that wants to write queues its step. The first becomes the leader: it takes the turn, by the lock file that the
processes share, takes all that is queued, runs the steps in one transaction, where each fails alone, commits, and wakes
their owners. Meanwhile the next batch gathers, and its first waiter leads it.

Another process that has the turn may stand still. So a thread watches how long the leader has waited: when that is too long,
it refuses all that is queued, interrupts the leader, and lets everybody who comes later be refused at once, until the turn
can be had again.

Rejected: SQLite's own busy polling between processes (a third of the throughput, and pauses of half a second), a writer
thread of its own for all batches (two more switches of thread for a lone client), and a thread that waits for the turn in
the leader's place (a fifth of the throughput of two processes).
"""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar, cast

from zaqar.errors import Unavailable
from zaqar.storage.sql.sqlite import damage
from zaqar.storage.sql.sqlite.failure import is_damage, is_outage, unavailable
from zaqar.storage.sql.sqlite.session import Transaction
from zaqar.storage.sql.sqlite.steps import Write
from zaqar.storage.sql.sqlite.turn import Turn, allow_interruption, interrupt
from zaqar.storage.sql.sqlite.writer import Writer

Result = TypeVar("Result")

PATIENCE = 8.0
"""Seconds that a step waits for its turn, and again for its commit, before the caller is told to try again."""

INTERVAL = 0.5
"""Seconds between looks at how long a leader has waited."""

BUSY = "The embedded database is busy."


class GroupCommit:
    """The one path of all writes of a process to one database.

    ``writer`` is used by the thread that leads; ``mutex`` guards the queue, and who leads.
    """

    def __init__(self, path: str, writer: Writer) -> None:
        self._path = path
        self.writer = writer
        self._turn = Turn(path)
        self.mutex = threading.Lock()
        self._queue: deque[Write] = deque()
        self._is_led = False
        self._leader = 0
        self._waits_since: float | None = None
        self._is_stuck = False
        self._watch: threading.Thread | None = None
        allow_interruption()

    def run(self, step: Callable[[Transaction], Result], *, adds: bool = False) -> Result:
        """Run ``step`` and return its result once it is durable. Raises what it raises, or ``Unavailable``."""
        if self._is_stuck:
            raise Unavailable(BUSY)
        write = Write(step, adds=adds)
        with self.mutex:
            self._queue.append(write)
            write.leads = leads = not self._is_led
            self._is_led = True
        if not leads:  # not ``write.leads``: that may be handed over from here on, and to be woken is due all the same
            self._wait(write)
        if write.leads:
            self._lead_in_turn()
        if write.error is not None:
            raise unavailable(write.error) if is_outage(write.error) else write.error
        if not write.is_committed:
            raise Unavailable("The embedded database could not finish a transaction.")
        return cast("Result", write.result)

    def waiting(self) -> int:
        """Return how many writes wait for a batch to take them, that of the leader included."""
        return len(self._queue)

    def is_stuck(self) -> bool:
        """Tell whether another process has had the turn for longer than anybody waits for it."""
        return self._is_stuck

    def close(self) -> None:
        """Close the connection and the lock file."""
        with self.mutex:
            self.writer.close()
            self._turn.close()
            self._watch = None

    def abandon(self) -> None:
        """Let go, in a forked process, of what is the parent's; it goes on there.

        A connection that was in use stays open, as its mutex is held by a thread that is not here. The lock file goes
        in any case: the parent's lock would last until this process ends, too.
        """
        if self.writer.connection is not None and not self._is_led:
            self.writer.connection.close()
        self._turn.close()

    def _wait(self, write: Write) -> None:
        """Wait until somebody has committed the write, or until this thread is to lead. Raises ``Unavailable``."""
        if write.awake.acquire(timeout=PATIENCE):
            return
        with self.mutex:
            if write.leads:  # woken between the timeout and now
                write.awake.acquire()
                return
            if write in self._queue:
                self._queue.remove(write)
                raise Unavailable(BUSY)
        if not write.awake.acquire(timeout=PATIENCE):
            raise Unavailable("The embedded database does not answer; the request may or may not have been done.")

    def _lead_in_turn(self) -> None:
        """Wait for the turn, and lead a batch."""
        if self._watch is None:
            self._watch = threading.Thread(target=self._watch_turn, name="zaqar-commit", daemon=True)
            self._watch.start()
        self._leader, self._waits_since = threading.get_ident(), time.monotonic()
        try:
            self._turn.take(lambda: not self._is_stuck)
        except (OSError, Unavailable) as error:
            self._waits_since = None
            self._end([], error)
            return
        self._waits_since = None
        self._is_stuck = False
        self._lead()

    def _watch_turn(self) -> None:
        """Refuse what waits for too long, until the commit is closed."""
        probe = Turn(self._path)
        while True:
            time.sleep(min(INTERVAL, PATIENCE))
            if self._watch is not threading.current_thread():
                break
            since = self._waits_since
            if since is not None and time.monotonic() - since > PATIENCE:
                self._give_up(since)
            elif since is None and self._is_stuck and self._is_free(probe):
                self._is_stuck = False
        probe.close()

    @staticmethod
    def _is_free(turn: Turn) -> bool:
        try:
            is_free = turn.take_if_free()
        except OSError:  # the folder is away
            return False
        if is_free:
            turn.give()
        return is_free

    def _give_up(self, since: float) -> None:
        """Refuse all that is queued, and let the leader stop waiting, if it has been waiting for the turn since then."""
        with self.mutex:
            if self._waits_since != since:
                return
            self._is_stuck = True
            refused = list(self._queue)
            self._queue.clear()
        for write in refused:
            write.error = Unavailable(BUSY)
            write.awake.release()
        # Each time anew: the leader may not have been waiting yet when the last one came.
        interrupt(self._leader)

    def _lead(self) -> None:
        """Commit what is queued, having the turn; hand over, and wake the owners."""
        batch: list[Write] = []

        def take() -> list[Write]:  # not before the turn came: while that was waited for, more gathered
            with self.mutex:
                batch.extend(self._queue)
                self._queue.clear()
            return batch

        failure: BaseException | None = None
        is_sound = False
        try:
            self.writer.commit(take)
            for write in batch:
                write.is_committed = True
            is_sound = True
        except (sqlite3.Error, OSError) as error:
            failure = error
        except Unavailable as error:  # files that were moved may come back, and are then still open
            failure, is_sound = error, True
        finally:
            if not is_sound:
                self.writer.close()
            self._turn.give()
            self._end(batch, failure)

    def _end(self, batch: list[Write], failure: BaseException | None) -> None:
        """Hand over, and tell the owners; of a failure those, too, that have gathered meanwhile."""
        with self.mutex:
            if failure is not None:
                batch.extend(self._queue)
                self._queue.clear()
                for write in batch:
                    write.error = failure  # also where a step was refused: what it was refused for may be undone
            self._is_led = bool(self._queue)
            if self._queue:
                self._queue[0].leads = True
                self._queue[0].awake.release()
        for write in batch:
            if write.error is not None and is_damage(write.error):
                damage.note(self._path, write.error)
            write.awake.release()
