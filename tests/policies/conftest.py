import os
from pathlib import Path

import pytest

from zaqar import config, policies


class Deployment:
    """A configuration folder with policy files, and a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1000.0
        self._writes = 0

    def write(self, text: str, name: str = "policy.yaml") -> Path:
        """Write a file, its time differing from the last one's however coarse the file system's clock is."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        self._writes += 1
        os.utime(path, (self._writes, self._writes))
        return path

    def policy(self, settings: str = "") -> policies.Policy:
        """Load the rules as a starting service does."""
        path = self.folder / "zaqar.conf"
        path.write_text(settings)
        return policies.Policy(config.load(files=[str(path)]), monotonic=lambda: self.now)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def deployment(tmp_path, monkeypatch) -> Deployment:
    """A folder without policy files, in a home without configuration."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "etc"
    folder.mkdir()
    return Deployment(folder)
