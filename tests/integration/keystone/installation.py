"""Keystone from PyPI, installed once into a cache folder, with an empty database beside it."""

import fcntl
import functools
import hashlib
import os
import subprocess
import sys
from pathlib import Path

REQUIREMENT = "keystone>=29,<31"
SECONDS_TO_INSTALL = 600.0
PROGRAM = Path(__file__).parent / "program.py"

SETTINGS = """\
[DEFAULT]
public_endpoint = http://127.0.0.1:{port}
log_file = {folder}/keystone.log
[database]
connection = sqlite:///{folder}/keystone.db
[fernet_tokens]
key_repository = {folder}/fernet
[credential]
key_repository = {folder}/credential
[identity]
password_hash_rounds = 4
[cache]
enabled = false
[token]
expiration = {expiration}
allow_expired_window = 3600
"""


def missing_keystone() -> str | None:
    """Return why no Keystone can be started here, or nothing."""
    try:
        installation()
    except (subprocess.SubprocessError, OSError) as error:
        told = getattr(error, "stderr", None) or b""
        return f"it cannot be installed: {error} {told.decode(errors='replace')[-500:]}"
    return None


@functools.cache
def installation() -> Path:
    """Return the folder of the installation, made once for each state of what it is made of.

    There are the environment ``venv`` and the folder ``made``, with database and keys.
    """
    parts = (REQUIREMENT, SETTINGS, sys.version, PROGRAM.read_text())
    state = hashlib.sha256("".join(parts).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "zaqar-tests" / f"keystone-{state}"
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / "ready"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            _install(folder)
            ready.touch()
    return folder


def python() -> Path:
    """Return the Python that has Keystone."""
    return installation() / "venv" / "bin" / "python"


def _install(folder: Path) -> None:
    venv, made = folder / "venv", folder / "made"
    _run(sys.executable, "-m", "venv", "--clear", venv)
    pip = (venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--prefer-binary")
    _run(*pip, REQUIREMENT)
    made.mkdir(exist_ok=True)
    for old in made.glob("*.db"):
        old.unlink()
    configuration = made / "keystone.conf"
    configuration.write_text(SETTINGS.format(folder=made, port=5000, expiration=3600))
    _run(venv / "bin" / "python", PROGRAM, "make", configuration)


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True, timeout=SECONDS_TO_INSTALL)


if __name__ == "__main__":
    print(installation())  # noqa: T201  # for who prepares a machine
