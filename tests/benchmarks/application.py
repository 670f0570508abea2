"""The WSGI application in this process, called without a server, on a database of its own."""

import io
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clock import MovableClock
from zaqar import config, deploy
from zaqar.storage.sql.management.store import management_store
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.connection import Database

PROJECT = "benchmark"
PRODUCER = "3381af92-2b9e-11e3-b191-71861300734c"


@dataclass(frozen=True)
class Answer:
    """What the application answered, and how long it took."""

    status: int
    location: str
    body: bytes
    seconds: float

    @property
    def document(self) -> Any:
        """Return the body, decoded."""
        return json.loads(self.body)


class Application:
    """A service whose time stands still unless it is moved; its stores may be filled directly."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        uri = f"sqlite:///{folder}/zaqar.db"
        file = folder / "zaqar.conf"
        file.write_text(
            f"[drivers:message_store:sqlalchemy]\nuri = {uri}\nsynchronous = NORMAL\n[transport]\nmax_queues_per_page = 1000\n"
        )
        conf = config.load(files=[str(file)])
        deploy.prepare(conf)
        self.clock = MovableClock()
        self.database = Database.shared(uri, synchronous="NORMAL", clock=self.clock)
        self.messages = message_store(self.database)
        self.management = management_store(self.database)
        self._application = deploy.wsgi_application(conf, clock=self.clock, background=False)

    def call(self, method: str, path: str, query: str = "", body: Any = None) -> Answer:
        """Send one request and time the answer."""
        environ = _environ(method, path, query, b"" if body is None else json.dumps(body).encode())
        head: list[Any] = []
        begin = time.perf_counter()
        chunks = self._application(environ, lambda status, headers, _=None: head.extend((status, headers)))
        content = b"".join(chunks)
        seconds = time.perf_counter() - begin
        status, headers = head
        return Answer(int(status[:3]), dict(headers).get("location", ""), content, seconds)

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def _environ(method: str, path: str, query: str, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8888",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost:8888",
        "HTTP_ACCEPT": "application/json",
        "HTTP_CLIENT_ID": PRODUCER,
        "HTTP_X_PROJECT_ID": PROJECT,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
