"""Installs packages that only have entry points, as pip would."""

from collections.abc import Mapping
from pathlib import Path

DRIVERS = {"elsewhere": "tests.elsewhere.driver:DRIVER"}


def install(site: Path, drivers: Mapping[str, str] = DRIVERS) -> None:
    """Let a folder that is on Python's path have these drivers, of both stores."""
    folder = site / "elsewhere-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    points = "\n".join(f"{name} = {value}" for name, value in drivers.items())
    groups = [f"[zaqar.storage.{role}]\n{points}\n" for role in ("message", "management")]
    (folder / "entry_points.txt").write_text("\n".join(groups))
