"""How many of a process's places a project may have, so that the receivers of one do not hold up those of another."""

import collections
import dataclasses
from collections.abc import Callable

from zaqar.notification.recipient import Line

_REMEMBERED = 60.0
"""Seconds for which a project counts after it was seen last."""

_MOST_REMEMBERED = 1000
"""Projects that have nothing in hand: it matters only whether there are several."""


@dataclasses.dataclass
class _Project:
    seen: float
    waiting: int = 0
    """In how many lines it has somebody."""
    total: int = 0
    """Attempts in progress."""
    doubtful: int = 0
    failing: int = 0


class Shares:
    """While several projects have something in hand, or had within the last minute, each gets half of the places at most.

    The same holds of those for the doubtful and for the failing. A project that is alone leaves an eighth of each to whoever
    comes next, where there are eight. Each may have one place.
    """

    def __init__(self, *, places: int, doubtful: int, failing: int, monotonic: Callable[[], float]) -> None:
        self._most = (places, doubtful, failing)
        self._monotonic = monotonic
        self._projects: collections.OrderedDict[str, _Project] = collections.OrderedDict()
        """Who was seen last is last."""

    def see(self, project: str) -> None:
        """Take note that a project has something in hand."""
        self._of(project)

    def wait(self, project: str, lines: int) -> None:
        """Take note that a project stands in so many lines more."""
        self._of(project).waiting += lines

    def count(self, project: str, line: Line, attempts: int) -> None:
        """Take note of attempts that begin, or of those that end where the number is negative."""
        one = self._of(project)
        one.total += attempts
        one.doubtful += attempts if line is not Line.ANSWERING else 0
        one.failing += attempts if line is Line.FAILING else 0

    def has_place(self, project: str, line: Line) -> bool:
        """Tell whether a project may have one more attempt in progress."""
        one = self._of(project)
        total, doubtful, failing = (self._share(most) for most in self._most)
        if one.total >= total:
            return False
        return line is Line.ANSWERING or (one.doubtful < doubtful and (line is Line.NEW or one.failing < failing))

    def forget(self) -> bool:
        """Forget whom nobody has seen for a minute; tell whether one project is alone from now on."""
        were_several = len(self._projects) > 1
        now = self._monotonic()
        while self._projects:
            project, one = next(iter(self._projects.items()))
            is_old = now - one.seen >= _REMEMBERED
            if not is_old and len(self._projects) <= _MOST_REMEMBERED:
                break
            if one.waiting or one.total:
                one.seen = now
                self._projects.move_to_end(project)
                if not is_old:
                    break  # more than usual are busy: the next call goes on
            else:
                del self._projects[project]
        return were_several and len(self._projects) <= 1

    def _share(self, most: int) -> int:
        return max(most // 2, 1) if len(self._projects) > 1 else most - most // 8

    def _of(self, project: str) -> _Project:
        one = self._projects.get(project)
        if one is None:
            one = self._projects[project] = _Project(self._monotonic())
        else:
            one.seen = self._monotonic()
            self._projects.move_to_end(project)
        return one
