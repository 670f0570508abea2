"""Calls to Redis: scripts by their hash, and what is done when a call fails."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from redis.exceptions import NoScriptError

from zaqar import forks
from zaqar.errors import Unavailable
from zaqar.storage.redis.server.failure import ServerFailed, unavailable
from zaqar.storage.redis.server.script import Keys, Script
from zaqar.storage.retry import Retry

Argument = bytes | str | int
Command = tuple[Argument, ...]

FIRST_PAUSE = 0.05
"""Seconds before the second repetition."""

SCAN_COUNT = 1000
"""Keys that one step of a scan looks at: about half a millisecond of the server."""


class Link(Protocol):
    """How a command gets to the server that has its key, and the answer back; nothing is tried twice here."""

    losses: int
    """How often connections were dropped because one of them failed."""

    def ask(self, command: Command, *, is_careful: bool = False, node: object = None) -> Any:
        """Return the answer to a command. Raises ``ServerFailed``, and ``Unavailable`` where no connection becomes free.

        ``is_careful``: send it over no connection that the server may have closed meanwhile. ``node``: one of ``nodes()``, for
        a command that names no key.
        """
        ...

    def nodes(self) -> Sequence[object]:
        """Return the servers that have keys of their own: one, or the primaries of a Cluster. Raises ``ServerFailed``."""
        ...

    def close(self) -> None:
        """Close the connections that are idle; the next command opens new ones."""
        ...

    def forget_parent(self) -> None:
        """Go on in a forked process without the connections from before the fork, which are the parent's."""
        ...


class Server:
    """Redis as the store sees it, safe between threads and after a fork.

    ``deadline``: seconds that a call keeps trying. ``attempts``: how often it tries again. ``longest_pause``: seconds
    between two attempts, at most.
    """

    def __init__(self, link: Link, *, deadline: float, attempts: int, longest_pause: float) -> None:
        self.link = link
        """How commands get there; tests put something of theirs in between."""
        self._retry = Retry(
            failure=ServerFailed,
            deadline=deadline,
            attempts=attempts,
            first_pause=FIRST_PAUSE,
            longest_pause=longest_pause,
        )
        forks.tell(link)

    @property
    def losses(self) -> int:
        """Return how often connections were lost."""
        return self.link.losses

    def call(self, script: Script[Keys], keys: Keys, arguments: Command = (), *, is_repeatable: bool = True) -> Any:
        """Run a script on its keys and return its answer. Raises ``Unavailable``.

        ``is_repeatable``: whether doing it twice does no harm. If not, it is tried again only where it was surely not done.
        """
        command = (b"EVALSHA", script.sha, len(keys), *keys, *arguments)
        try:
            return self.link.ask(command, is_careful=not is_repeatable)
        except ServerFailed as failed:
            is_unknown = isinstance(failed.error, NoScriptError)
            attempt = partial(self._run, script, command, is_careful=not is_repeatable)
            return self._try(attempt, is_repeatable=is_repeatable, failed=None if is_unknown else failed)

    def command(self, *command: Argument, node: object = None) -> Any:
        """Run one command, which may happen twice, and return its answer. Raises ``Unavailable``."""
        return self._try(partial(self.link.ask, command, node=node), is_repeatable=True)

    def scan(self, pattern: str) -> Iterator[Sequence[bytes]]:
        """Yield the keys that match, some several times, in batches.

        Raises ``Unavailable`` for a node that does not answer, after the keys of all others.
        """
        missing: Unavailable | None = None
        for node in self._try(self.link.nodes, is_repeatable=True):
            cursor: Argument = 0
            while True:
                try:
                    cursor, found = self.command("SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT, node=node)
                except Unavailable as error:
                    missing = error
                    break
                yield found
                if int(cursor) == 0:
                    break
        if missing is not None:
            raise missing

    def microseconds(self, *, is_patient: bool = False) -> int:
        """Return the server's time, in microseconds since 1970. Raises ``Unavailable``.

        ``is_patient``: where it does not answer, ask again, as other calls do.
        """
        try:
            return self._ask_time()
        except ServerFailed as failed:
            if not is_patient:
                raise unavailable(failed) from failed.error
            return int(self._try(self._ask_time, is_repeatable=True, failed=failed))

    def is_alive(self) -> bool:
        """Tell whether all servers answer, asking once."""
        try:
            for node in self.link.nodes():
                self.link.ask((b"PING",), node=node)
        except (ServerFailed, Unavailable):
            return False
        return True

    def close(self) -> None:
        """Close the connections that are idle."""
        self.link.close()

    def _run(self, script: Script[Any], command: Command, *, is_careful: bool) -> Any:
        try:
            return self.link.ask(command, is_careful=is_careful)
        except ServerFailed as failed:
            if not isinstance(failed.error, NoScriptError):
                raise
        # The server was restarted, or another one took over: the whole text loads it again.
        return self.link.ask((b"EVAL", script.text, *command[2:]), is_careful=is_careful)

    def _ask_time(self) -> int:
        """Ask the first server that answers."""
        for node in self.link.nodes():
            try:
                seconds, microseconds = self.link.ask((b"TIME",), node=node)
            except ServerFailed as error:
                failed = error
            else:
                return int(seconds) * 1_000_000 + int(microseconds)
        raise failed

    def _try(self, attempt: Callable[[], Any], *, is_repeatable: bool, failed: ServerFailed | None = None) -> Any:
        """Try until it succeeds, or no repetition is allowed any more. ``failed``: how the first attempt ended, if there was one."""
        may_be_repeated = partial(ServerFailed.may_be_repeated, is_repeatable=is_repeatable)
        try:
            if failed is None:
                return self._retry.run(attempt, may_be_repeated=may_be_repeated)
            return self._retry.again(failed, attempt, may_be_repeated=may_be_repeated)
        except ServerFailed as error:
            last = error
        if last.is_outage:
            raise unavailable(last) from last.error
        raise last.error
