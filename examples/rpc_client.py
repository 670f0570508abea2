"""Call a function of rpc_server.py and print what it returns, as in: rpc_client.py add 2 3.

Each client waits at a reply queue of its own, and knows the reply to its call by the id it gave the call.
"""

import json
import sys
import time
import uuid
from typing import Any

from client import Queue, arguments, run


def value(text: str) -> Any:
    """Read an argument as JSON where it is JSON, and as plain text otherwise."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def call(queue: Queue, replies: Queue, request: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """Post the request and return the reply to it, or None when there is none in time."""
    queue.create(attempts=3)
    queue.post([{"body": request, "ttl": max(60, int(seconds))}])
    deadline = time.monotonic() + seconds
    marker = ""
    while time.monotonic() < deadline:
        messages, marker = replies.messages(marker)
        for message in messages:
            reply = message["body"]
            if isinstance(reply, dict) and reply.get("id") == request["id"]:
                return reply
        time.sleep(0.1)
    return None


def main() -> None:
    """Make one call."""
    parser = arguments(__doc__, queue="example-calls")
    parser.add_argument("--timeout", type=float, default=30, help="seconds to wait (default: %(default)s)")
    parser.add_argument("function", help="add, upper or length")
    parser.add_argument("arguments", nargs="*", type=value)
    options = parser.parse_args()

    queue = Queue(options.url, options.project, options.queue, options.token)
    replies = Queue(options.url, options.project, f"replies-{uuid.uuid4()}", options.token)
    request = {
        "id": str(uuid.uuid4()),
        "reply_to": replies.path.rpartition("/")[2],
        "function": options.function,
        "arguments": options.arguments,
    }
    try:
        reply = call(queue, replies, request, options.timeout)
    finally:
        replies.remove()
    if reply is None:
        sys.exit(f"no reply within {options.timeout:g} seconds: is rpc_server.py running?")
    if "error" in reply:
        sys.exit(reply["error"])
    print(json.dumps(reply["result"]))


if __name__ == "__main__":
    run(main)
