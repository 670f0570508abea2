"""Receive what is posted to a queue, as a webhook: print each message once, and answer 204.

    python webhook.py --port 8090 --secret whsec_...

Subscribe http://127.0.0.1:8090/ to the queue; the secret is then at .../subscriptions/ID/secret. With it, a request that the
service has not signed is refused. A delivery may come twice, with the same webhook-id: it is done once. While there is a
file named "broken" in the current directory, the answer is 503, as of a receiver that has lost its database.
"""

import argparse
import base64
import contextlib
import hmac
import json
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

OLDEST = 300
"""Seconds after which a signed request is refused, so that nobody can send it again later."""


class Receiver(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    secret: str | None = None
    done: ClassVar[set[str]] = set()
    """The ids of what was done; a real receiver keeps them in its database, in the transaction that does the work."""

    def do_POST(self) -> None:
        """Take a delivery."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if Path("broken").exists():
            self.answer(503)
        elif self.secret and not is_signed(self.headers, body, self.secret):
            self.answer(401)
        else:
            self.take(self.headers["webhook-id"], json.loads(body))
            self.answer(204)

    def take(self, message_id: str, message: dict[str, object]) -> None:
        """Do what the message asks for, unless it was done."""
        if message_id not in self.done:
            print(message["Message_Type"], message.get("body", ""), flush=True)
            self.done.add(message_id)

    def answer(self, status: int) -> None:
        """Send an answer without a body."""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the terminal for the messages."""


def is_signed(headers: Message, body: bytes, secret: str) -> bool:
    """Tell whether a request is from the service, and new (Standard Webhooks)."""
    try:
        is_new = abs(time.time() - int(headers["webhook-timestamp"])) <= OLDEST
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
    except (TypeError, ValueError):  # a header is missing, or is no number
        return False
    wanted = "v1," + base64.b64encode(hmac.digest(key, text, "sha256")).decode()
    given = str(headers["webhook-signature"])
    return is_new and any(hmac.compare_digest(wanted, one) for one in given.split())


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--secret", help="that of the subscription")
    options = parser.parse_args()
    Receiver.secret = options.secret
    with ThreadingHTTPServer(("127.0.0.1", options.port), Receiver) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
