"""Installs packages that only have entry points, as pip would."""

from collections.abc import Mapping
from pathlib import Path

DRIVERS = {"elsewhere": "tests.elsewhere.driver:DRIVER"}


def install(site: Path, drivers: Mapping[str, str] = DRIVERS) -> None:
    """Let a folder that is on Python's path have these drivers, of both stores."""
    folder = site / "elsewhere-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    groups = [_group(f"zaqar.storage.{role}", drivers) for role in ("message", "management")]
    (folder / "entry_points.txt").write_text("\n".join(groups))


def install_kinds(site: Path, kinds: Mapping[str, str], *, name: str = "kinds") -> None:
    """Let a folder that is on Python's path have these kinds of subscribers, in a package of that name."""
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(_group("zaqar.notification.kinds", kinds))


def _group(name: str, points: Mapping[str, str]) -> str:
    return "\n".join([f"[{name}]", *(f"{point} = {value}" for point, value in points.items()), ""])
