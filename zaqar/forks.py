"""Lets objects begin anew in a forked process.

A child must not use its parent's threads, the locks that these hold, its connections, nor its sequence of random
numbers. Every object with such state is registered here, and is told in the child before anything else runs there.
"""

import os
import weakref
from collections.abc import Callable
from typing import Protocol


class Forgetful(Protocol):
    """An object with state that belongs to one process."""

    def forget_parent(self) -> None:
        """Begin anew in a forked process, without touching what the parent still uses."""
        ...


_living: "weakref.WeakSet[Forgetful]" = weakref.WeakSet()
_callbacks: list[Callable[[], object]] = []


def tell(one: Forgetful) -> None:
    """Let an object forget its parent in every process that is forked from now on, as long as it lives."""
    _living.add(one)


def call(callback: Callable[[], object]) -> None:
    """Call a function in every process that is forked from now on."""
    _callbacks.append(callback)


def _tell_all() -> None:
    for callback in _callbacks:
        callback()
    for one in list(_living):
        one.forget_parent()


os.register_at_fork(after_in_child=_tell_all)
