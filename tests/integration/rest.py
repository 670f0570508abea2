"""Plain requests: each is sent once, whatever becomes of it."""

import http.client
import json
import urllib.parse
import uuid
from typing import Any

# What hides messages from a listing by default, switched off.
EVERYTHING = "limit=20&echo=true&include_claimed=true&include_delayed=true"


class Service:
    """The service as one client of one project sees it, over a connection that is kept. Not for several threads."""

    def __init__(self, url: str, project: str = "demo") -> None:
        self.headers = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": project, "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=10)

    def call(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        """Return the status and the document of the answer; OSError or HTTPException when there is none."""
        body = None if document is None else json.dumps(document)
        try:
            self.connection.request(method, path, body, self.headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()  # The next request opens a new connection.
            raise
        return answer.status, json.loads(content) if content else None

    def post(self, queue: str, bodies: list[Any]) -> list[str]:
        """Post messages and return their ids."""
        status, answer = self.call("POST", f"/v2/queues/{queue}/messages", {"messages": [{"body": b} for b in bodies]})
        assert status == 201, answer
        return [path.rpartition("/")[2] for path in answer["resources"]]

    def every_message(self, queue: str) -> list[dict[str, Any]]:
        """Return all messages of a queue, page by page as the links lead."""
        found: list[dict[str, Any]] = []
        path = f"/v2/queues/{queue}/messages?{EVERYTHING}"
        while True:
            status, page = self.call("GET", path)
            assert status == 200, page
            if not page["messages"]:
                return found
            found += page["messages"]
            path = page["links"][0]["href"]

    def stats(self, queue: str) -> dict[str, Any]:
        """Return the numbers of free and claimed messages and their sum."""
        status, stats = self.call("GET", f"/v2/queues/{queue}/stats")
        assert status == 200, stats
        return {name: stats["messages"][name] for name in ("free", "claimed", "total")}

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
