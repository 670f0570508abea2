from collections.abc import Callable, Sequence

import pytest

from zaqar import config

Written = Callable[..., config.Options]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home directory without configuration."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return folder


@pytest.fixture
def written(tmp_path) -> Written:
    """Load a configuration from the text of its file."""

    def load(
        text: str = "", *arguments: str, prog: str = "zaqar-queues", checks: Sequence[config.Check] = ()
    ) -> config.Options:
        path = tmp_path / "written.conf"
        path.write_text(text)
        return config.load(arguments, prog=prog, files=[str(path)], checks=checks)

    return load
