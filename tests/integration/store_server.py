"""A database server as a process: started, stopped, killed, paused; the same port and folder each time."""

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from tests.integration.process import wait_until

HOST = "127.0.0.1"


class StoreServer(ABC):
    """A server that can be stopped and started again."""

    seconds_to_start = 15.0
    seconds_to_stop = 30.0

    def __init__(self, words: Sequence[str], folder: Path, port: int) -> None:
        self.words, self.folder, self.port = words, folder, port
        self.process = self._run()

    @property
    @abstractmethod
    def uri(self) -> str:
        """Return the address as the driver takes it."""

    @property
    def log(self) -> str:
        """Return everything the server wrote."""
        return (self.folder / "server.log").read_text(errors="replace")

    def start(self) -> None:
        """Start again and wait until it answers; its data is what its arguments made it keep."""
        self.process = self._run()
        self.wait()

    def stop(self) -> None:
        """End the server politely; one that does not end, as it waits for replicas, by force."""
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(timeout=self.seconds_to_stop)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=10)

    def pause(self) -> None:
        """Let the server hang: it keeps its connections and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after a pause."""
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End the server."""
        if self.process.poll() is None:
            self.kill()

    def wait(self) -> None:
        """Wait until the server answers; fail with its log when it ends instead."""
        wait_until(
            lambda: self.process.poll() is not None or self._answers(),
            seconds=self.seconds_to_start,
            what=f"an answer of {self.uri}",
        )
        if self.process.poll() is not None:
            raise AssertionError(f"{self.words[0]} ended with status {self.process.returncode}:\n{self.log}")

    @abstractmethod
    def _answers(self) -> bool:
        """Tell whether the server serves."""

    def _run(self) -> subprocess.Popen[bytes]:
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                self.words,
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if name in {"PATH", "JAVA_HOME"}}
                | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
