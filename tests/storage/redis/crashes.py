"""A process that ends between two of its commands, or is overtaken there."""

from collections.abc import Callable
from typing import Any

from zaqar.storage.redis.server.script import Script
from zaqar.storage.redis.server.server import Command, Link


class Crash(Exception):
    """The process is gone."""


class Crashing:
    """A link over which so many commands go; ``loses_last``: the answer to the last one does not come."""

    def __init__(self, link: Link, *, commands: int, loses_last: bool = False) -> None:
        self.losses = 0
        self._link = link
        self._left = commands
        self._loses_last = loses_last

    def ask(self, command: Command, *, is_careful: bool = False, node: object = None) -> Any:
        """Return the answer, or crash."""
        if not self._left:
            raise Crash
        self._left -= 1
        answer = self._link.ask(command, is_careful=is_careful, node=node)
        if not self._left and self._loses_last:
            raise Crash
        return answer

    def nodes(self) -> Any:
        """Return where there are keys."""
        return self._link.nodes()

    def close(self) -> None:
        """Close what is behind it."""
        self._link.close()

    def forget_parent(self) -> None:
        """Forget as what is behind it does."""
        self._link.forget_parent()


class Overtaken:
    """A link over which something else happens once, just before a script is run."""

    def __init__(self, link: Link, *, script: Script[Any], by: Callable[[], Any]) -> None:
        self.losses = 0
        self._link = link
        self._script = script
        self._by: Callable[[], Any] | None = by

    def ask(self, command: Command, *, is_careful: bool = False, node: object = None) -> Any:
        """Return the answer, after what comes first."""
        if self._script.sha in command and self._by is not None:
            happening, self._by = self._by, None
            happening()
        return self._link.ask(command, is_careful=is_careful, node=node)

    def nodes(self) -> Any:
        """Return where there are keys."""
        return self._link.nodes()

    def close(self) -> None:
        """Close what is behind it."""
        self._link.close()

    def forget_parent(self) -> None:
        """Forget as what is behind it does."""
        self._link.forget_parent()
