"""Steps of one store that a test puts something in the place of: in front of them, behind them, or a failure."""

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.parts import OpenStore


def replace_step(
    monkeypatch: pytest.MonkeyPatch, store: OpenStore, module: ModuleType, name: str, step: Callable
) -> None:
    """Let a module's function be another one for this store, with the same arguments; other stores keep it."""
    usual, session = getattr(module, name), store.parts.session

    def chosen(given, *arguments, **words):
        return (step if given is session else usual)(given, *arguments, **words)

    monkeypatch.setattr(module, name, chosen)
