"""Where examples run as programs, and what they have printed."""

import re
import signal
import subprocess
import sys
import uuid
from pathlib import Path

from tests.integration.process import RunningServer, wait_until
from tests.integration.rest import Service

EXAMPLES = Path(__file__).parents[2] / "examples"
POSTED = r"^posted job \d+ \((\S+)\)"
DONE = r"^done job \d+ \((\S+)\)"


class Program:
    """An example that runs, and what it printed so far."""

    def __init__(self, output: Path, words: list[str]) -> None:
        self.output = output
        with output.open("ab") as stream:
            self.process = subprocess.Popen(words, stdout=stream, stderr=subprocess.STDOUT, cwd=output.parent)

    @property
    def text(self) -> str:
        return self.output.read_text()

    def find(self, pattern: str) -> list[str]:
        return re.findall(pattern, self.text, re.MULTILINE)

    def prints(self, pattern: str, *, times: int = 1) -> list[str]:
        return wait_until(
            lambda: found if len(found := self.find(pattern)) >= times else [], what=f"{pattern!r} in {self.output}"
        )

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=10)


class Stage:
    """Runs examples against one queue of a project of its own."""

    def __init__(self, server: RunningServer, folder: Path) -> None:
        self.folder = folder
        self.queue = "things"
        project = uuid.uuid4().hex
        self.options = ["--url", server.url, "--project", project, "--queue", self.queue]
        self.service = Service(server.url, project)
        self.programs: list[Program] = []

    def start(self, name: str, *arguments: str) -> Program:
        words = [sys.executable, str(EXAMPLES / name), *self.options, *arguments]
        program = Program(self.folder / f"{len(self.programs)}-{name}.txt", words)
        self.programs.append(program)
        return program

    def run(self, name: str, *arguments: str) -> Program:
        program = self.start(name, *arguments)
        status = program.process.wait(timeout=30)
        assert status == 0, program.text
        return program

    def produce(self, count: int, *arguments: str) -> list[str]:
        """Run the producer and return the ids it gave its jobs."""
        return self.run("producer.py", "--count", str(count), *arguments).find(POSTED)

    def counts(self, expected: dict[str, int]) -> None:
        """See the figures come true: on MongoDB what the other worker changed may be missing for a tenth of a second."""
        wait_until(lambda: self.service.stats(self.queue) == expected, seconds=2, what=f"{expected} in the figures")

    def close(self) -> None:
        for program in self.programs:
            program.process.kill()
            program.process.wait(timeout=10)
        self.service.close()
