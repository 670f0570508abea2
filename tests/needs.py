"""What a test needs and a machine may lack."""

import contextlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Self, TypeVar

import pytest

T = TypeVar("T")


def require(name: str, reason: str | None) -> None:
    """Skip the test where there is a reason why it cannot run; under CI, which has to have everything, it fails."""
    if reason is not None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} must be tested here: {reason}")
    if reason is not None:
        pytest.skip(f"{name}: {reason}")


class Shared:
    """Things too dear to be made for each test: each is made when first asked for, and ends with the session."""

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}
        self._endings = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._endings.close()

    def __call__(self, make: Callable[[], AbstractContextManager[T]]) -> T:
        """Return what ``make`` makes: the same thing for every test that asks."""
        if make not in self._made:
            self._made[make] = self._endings.enter_context(make())
        return self._made[make]
