"""What the example programs share: one queue over plain HTTP, with nothing but the standard library.

A failure that passes (a 503, a service that is restarting) is waited out and the request sent again. After a lost
answer that can post a message twice, so every message here carries an id of its own in its body.
"""

import argparse
import contextlib
import http.client
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any

PAUSE_SECONDS = 1


class Queue:
    """One queue of one project, as one client sees it."""

    def __init__(self, url: str, project: str, name: str, token: str | None = None) -> None:
        self.url, self.project, self.name, self.token = url.rstrip("/"), project, name, token
        self.path = f"/v2/queues/{urllib.parse.quote(name)}"
        self.headers = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": project, "Content-Type": "application/json"}
        if token:
            self.headers["X-Auth-Token"] = token  # whose project counts then, whatever X-Project-ID says

    def call(self, method: str, path: str, document: Any = None) -> Any:
        """Send one request until the service takes it, and return the document it answers, if any."""
        while True:
            try:
                return self.call_once(method, path, document)
            except (OSError, http.client.HTTPException) as failure:
                if isinstance(failure, urllib.error.HTTPError) and failure.code != 503:
                    raise
                print(f"waiting for {self.url}: {failure}", file=sys.stderr, flush=True)
            time.sleep(PAUSE_SECONDS)

    def call_once(self, method: str, path: str, document: Any = None) -> Any:
        """Send one request, and raise OSError or HTTPException where it fails."""
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.url + path, body, self.headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def other(self, name: str) -> "Queue":
        """Return another queue of the same project."""
        return Queue(self.url, self.project, name, self.token)

    def create(self, *, attempts: int) -> None:
        """Make the queue, unless it is there; a message claimed ``attempts`` times moves to its dead-letter queue.

        A queue that is there stays as it is: its owner has said what it is like.
        """
        rule = {"_max_claim_count": attempts, "_dead_letter_queue": f"{self.name}-dead-letters"}
        self.call("PUT", self.path, rule)

    def post(self, messages: list[dict[str, Any]]) -> list[str]:
        """Post messages, all or none of them, and return their ids."""
        answer = self.call("POST", f"{self.path}/messages", {"messages": messages})
        return [path.rpartition("/")[2] for path in answer["resources"]]

    def messages(self, marker: str = "") -> tuple[list[dict[str, Any]], str]:
        """Return the messages after the marker, the oldest first, and the marker to ask with the next time."""
        # echo: our own messages too. Without the other two, a message that is claimed or delayed just now is passed by.
        parameters = {"marker": marker, "limit": 20, "echo": True, "include_claimed": True, "include_delayed": True}
        page = self.call("GET", f"{self.path}/messages?{urllib.parse.urlencode(parameters)}")
        for link in page["links"]:  # An empty page has no link: the marker stays where it is.
            marker = urllib.parse.parse_qs(urllib.parse.urlsplit(link["href"]).query)["marker"][0]
        return page["messages"], marker

    def claim(self, *, limit: int, ttl: int) -> "Claim | None":
        """Take up to ``limit`` messages for ``ttl`` seconds; None when there is nothing to take."""
        answer = self.call("POST", f"{self.path}/claims?limit={limit}", {"ttl": ttl, "grace": ttl})
        return Claim(self, answer["messages"], ttl) if answer else None

    def remove(self) -> None:
        """Delete the queue and what is in it, if the service is there."""
        with contextlib.suppress(OSError, http.client.HTTPException):  # Whoever calls this may be on the way out.
            self.call_once("DELETE", self.path)


class Claim:
    """Messages that nobody else is given for a while. Leaving the ``with`` block hands back what was not deleted."""

    def __init__(self, queue: Queue, messages: list[dict[str, Any]], ttl: int) -> None:
        self.queue, self.messages, self.ttl = queue, messages, ttl
        self.path = f"{queue.path}/claims/{messages[0]['href'].partition('?claim_id=')[2]}"

    def renew(self) -> None:
        """Begin the claim's time anew."""
        self.queue.call("PATCH", self.path, {"ttl": self.ttl, "grace": self.ttl})

    def delete(self, message: dict[str, Any]) -> None:
        """Delete one message for good; HTTPError 400 or 403 when the claim has ended and it is no longer ours."""
        self.queue.call("DELETE", message["href"])  # The href of a claimed message carries the claim's id.

    def __enter__(self) -> "Claim":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.queue.call_once("DELETE", self.path)
        except (OSError, http.client.HTTPException) as failure:  # No second try: the claim ends by itself.
            print(f"could not release the claim: {failure}", file=sys.stderr)


def arguments(description: str | None, *, queue: str) -> argparse.ArgumentParser:
    """Return a parser with the options that every example has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8888", help="where the service is (default: %(default)s)")
    parser.add_argument("--project", default="demo", help="whose queue it is (default: %(default)s)")
    parser.add_argument("--queue", default=queue, help="the queue's name (default: %(default)s)")
    parser.add_argument(
        "--token",
        default=os.environ.get("OS_TOKEN"),
        help="a token of Keystone, where the service asks for one (default: the variable OS_TOKEN, which other users of the "
        "machine do not see)",
    )
    return parser


def run(main: Callable[[], None]) -> None:
    """Run a program so that Ctrl-C and SIGTERM end it in good order."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        print("stopped")
    except urllib.error.HTTPError as refusal:
        sys.exit(f"the service refused: {refusal.code} {refusal.read().decode(errors='replace')}")
