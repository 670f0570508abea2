"""What counts beside a measurement, in a process of its own."""

import json
import subprocess
import sys
from typing import Any

from tests.integration.process import free_port


class Receiver:
    """One of the modules here that receive and count, as a process."""

    def __init__(self, module: str) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", f"tests.benchmarks.{module}", str(self.port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._read()

    def _read(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def ask(self) -> dict[str, Any]:
        """Return what came since the last question."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self._read())
        return found

    def close(self) -> None:
        """End it."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)
