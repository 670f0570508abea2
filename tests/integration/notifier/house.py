"""A service whose processes are killed and started again, on the same data and port, and what a test wants of it."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.integration.process import free_port, running_server, wait_until
from tests.integration.rest import Service


class House:
    """The service, with a client of a project that no other test uses."""

    def __init__(self, folder: Path, settings: Mapping[str, Mapping[str, object]], stack: contextlib.ExitStack) -> None:
        self._folder, self._stack, self._port = folder, stack, free_port()
        self._settings = {"server": {"workers": 2}, **settings}
        self.project = f"project-{secrets.token_hex(4)}"
        self.start()

    def start(self) -> None:
        """Start what was stopped or killed."""
        self.server = self._stack.enter_context(running_server(self._folder, self._settings, port=self._port))
        self.service = Service(self.server.url, self.project)
        self._stack.callback(self.service.close)

    @property
    def notifier(self) -> int:
        """Return the process that delivers."""
        (pid,) = wait_until(self.server.notifier_pids, what="the notifier")
        return int(pid)

    def kill_notifier(self) -> None:
        """Kill -9 it, and wait until another has its place."""
        victim = self.notifier
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: victim not in self.server.notifier_pids(), what="the end of the notifier")

    def kill_everything(self) -> None:
        """Kill -9 the service with all that it started."""
        os.killpg(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait(timeout=10)

    def start_second_notifier(self) -> None:
        """Run ``zaqar-notifier`` beside the service, until the test ends."""
        words = [sys.executable, "-m", "zaqar.cmd.notifier", "--config-file", str(self._folder / "zaqar.conf")]
        environment = {**os.environ, "HOME": str(self._folder), "XDG_STATE_HOME": str(self._folder / "state")}
        process = self._stack.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE, env=environment))
        self._stack.callback(process.terminate)
        assert process.stdout
        assert process.stdout.readline().startswith(b"zaqar-notifier")

    def subscribe(self, queue: str, url: str, *, kind: str = "queues", **members: Any) -> str:
        """Subscribe an address; return the id."""
        document = {"subscriber": url, **members}
        status, answer = self.service.call("POST", f"/v2/{kind}/{queue}/subscriptions", document)
        assert status == 201, answer
        return str(answer["subscription_id"])

    def deliveries(self, queue: str, subscription: str, *, kind: str = "queues") -> Any:
        """Return what is on record of a subscription."""
        status, answer = self.service.call("GET", f"/v2/{kind}/{queue}/subscriptions/{subscription}/deliveries")
        assert status == 200, answer
        return answer
