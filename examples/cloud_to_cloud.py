"""Let what is posted to a queue of one cloud be posted to a queue of another, and nothing else.

    python cloud_to_cloud.py --url http://here:8888 --to-url http://there:8888 --to-project partner

The other cloud signs a URL that can post to the one queue, and the subscription here is told to use it: no token, no program in
between, no way back. It ends after --seconds; run this again before, and it goes on with a new signature. Who owns neither cloud
alone runs the two halves apart: --sign there makes a file, --signed here takes it.
"""

import argparse
import json
import os
import urllib.error
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from client import Queue, arguments, run

POST = '{"messages": [{"body": "$zaqar_message$"}]}'
"""What is sent: a post of one message, which has what was posted here, its ttl and the queue's name in its body."""


def main() -> None:
    """Sign there, subscribe here."""
    options = parsed()
    signed = json.loads(options.signed.read_text()) if options.signed else signature(options)
    if options.sign:
        print(json.dumps(signed, indent=1))
        return
    source = Queue(options.url, options.project, options.queue, options.token)
    subscription = subscribe(source, signed, options.seconds)
    print(
        f"subscription {subscription}: {options.queue} goes to {signed['url']} until {signed['headers']['URL-Expires']}"
    )


def signature(options: argparse.Namespace) -> dict[str, Any]:
    """Return where to post over there, and with which headers."""
    target = Queue(options.to_url, options.to_project, options.to_queue, options.to_token)
    expires = datetime.now(UTC) + timedelta(seconds=options.seconds)
    wanted = {"paths": ["messages"], "methods": ["POST"], "expires": expires.isoformat()}
    signed = target.call("POST", f"{target.path}/share", wanted)
    headers = {
        "URL-Signature": signed["signature"],
        "URL-Expires": signed["expires"],
        "URL-Methods": ",".join(signed["methods"]),
        "URL-Paths": ",".join(signed["paths"]),
        "X-Project-ID": signed["project"],
        "Client-ID": str(uuid.uuid4()),
    }
    return {"url": target.url + signed["paths"][0], "headers": headers}


def subscribe(source: Queue, signed: dict[str, Any], seconds: int) -> str:
    """Have what is posted sent there from now on; return the id of the subscription, new or not."""
    options = {"post_data": POST, "post_headers": signed["headers"]}
    every = f"{source.path}/subscriptions"
    try:
        answer = source.call("POST", every, {"subscriber": signed["url"], "ttl": seconds, "options": options})
        subscription = answer["subscription_id"]
    except urllib.error.HTTPError as refusal:
        if refusal.code != 409:  # it is there, and confirmed
            raise
        subscription = next(one["id"] for one in subscriptions(source) if one["subscriber"] == signed["url"])
    # One that was there keeps its old signature until it is told the new one.
    source.call("PATCH", f"{every}/{subscription}", {"ttl": seconds, "options": options})
    return str(subscription)


def subscriptions(source: Queue) -> list[dict[str, Any]]:
    """Return all that there are."""
    found: list[dict[str, Any]] = []
    path = f"{source.path}/subscriptions?limit=20"
    while True:
        page = source.call("GET", path)
        if not page["subscriptions"]:
            return found
        found += page["subscriptions"]
        path = page["links"][0]["href"]


def parsed() -> argparse.Namespace:
    """Return what the command line says."""
    parser = arguments(__doc__, queue="example-source")
    parser.add_argument("--to-url", default="http://127.0.0.1:8889", help="the other service (default: %(default)s)")
    parser.add_argument("--to-project", default="demo", help="the project there (default: %(default)s)")
    parser.add_argument("--to-queue", default="example-target", help="the queue there (default: %(default)s)")
    parser.add_argument("--to-token", default=os.environ.get("TO_TOKEN"), help="a token for there (default: TO_TOKEN)")
    parser.add_argument("--seconds", type=int, default=86400, help="until it ends (default: %(default)s)")
    halves = parser.add_mutually_exclusive_group()
    halves.add_argument("--sign", action="store_true", help="only sign, and print the file for --signed")
    halves.add_argument("--signed", type=Path, metavar="FILE", help="only subscribe, with what --sign printed")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
