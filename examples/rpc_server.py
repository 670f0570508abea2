"""Answer calls: each request in the queue names a function, its arguments and the queue that waits for the reply.

Run as many as you like. A request is deleted after its reply was posted, so a server that dies in between makes another
one answer again; the caller knows a second reply by its id. Functions must therefore be safe to run twice. A message that
is no request is reported, and put aside in the queue QUEUE-dead-letters after three claims.
"""

import json
import sys
import time
import urllib.error
from collections.abc import Callable
from typing import Any

from client import PAUSE_SECONDS, Claim, Queue, arguments, run

FUNCTIONS: dict[str, Callable[..., Any]] = {"add": lambda *numbers: sum(numbers), "upper": str.upper, "length": len}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the function and return the reply; a mistake in the request is the caller's to hear of."""
    try:
        result = FUNCTIONS[request["function"]](*request["arguments"])
        json.dumps(result)
    except Exception as mistake:  # noqa: BLE001  # one caller's mistake must not end the service of the others
        return {"id": request["id"], "error": f"{type(mistake).__name__}: {mistake}"}
    return {"id": request["id"], "result": result}


def is_request(body: Any) -> bool:
    """Tell whether a message is a call by rpc_client.py, which can be answered."""
    return isinstance(body, dict) and {"id", "reply_to", "function", "arguments"} <= body.keys()


def serve(claim: Claim) -> bool:
    """Answer and delete the requests of one claim; return whether all its messages could be answered."""
    has_answered_all = True
    for message in claim.messages:
        request = message["body"]
        try:
            if not is_request(request):
                raise ValueError(f"no request of rpc_client.py: {json.dumps(request)}")
            reply = answer(request)
            claim.queue.other(request["reply_to"]).post([{"body": reply, "ttl": 60}])
        except (ValueError, TypeError, urllib.error.HTTPError) as failure:
            print(f"failed: message {message['id']}: {failure}", file=sys.stderr, flush=True)
            has_answered_all = False
            continue
        try:
            claim.delete(message)
        except urllib.error.HTTPError:  # The claim has ended: another server answers too, which does no harm.
            break
        print(f"answered {request['function']} {request['arguments']}: {reply}", flush=True)
    return has_answered_all


def main() -> None:
    """Answer until told to stop."""
    options = arguments(__doc__, queue="example-calls").parse_args()
    queue = Queue(options.url, options.project, options.queue, options.token)
    queue.create(attempts=3)
    while True:
        claim = queue.claim(limit=5, ttl=60)
        if claim is None:
            time.sleep(0.2)
            continue
        with claim:
            has_answered_all = serve(claim)
        if not has_answered_all:  # What was handed back would be here again at once.
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    run(main)
