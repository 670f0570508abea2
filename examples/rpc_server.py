"""Answer calls: each request in the queue names a function, its arguments and the queue that waits for the reply.

Run as many as you like. A request is deleted after its reply was posted, so a server that dies in between makes another
one answer again; the caller knows a second reply by its id. Functions must therefore be safe to run twice.
"""

import time
import urllib.error
from collections.abc import Callable
from typing import Any

from client import Queue, arguments, run

FUNCTIONS: dict[str, Callable[..., Any]] = {"add": lambda *numbers: sum(numbers), "upper": str.upper, "length": len}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the function and return the reply; a mistake in the request is the caller's to hear of."""
    try:
        result = FUNCTIONS[request["function"]](*request["arguments"])
    except (KeyError, TypeError) as mistake:
        return {"id": request["id"], "error": f"{type(mistake).__name__}: {mistake}"}
    return {"id": request["id"], "result": result}


def main() -> None:
    """Answer until told to stop."""
    options = arguments(__doc__, queue="calls").parse_args()
    queue = Queue(options.url, options.project, options.queue)
    while True:
        claim = queue.claim(limit=5, ttl=60)
        if claim is None:
            time.sleep(0.2)
            continue
        with claim:
            for message in claim.messages:
                request = message["body"]
                reply = answer(request)
                Queue(options.url, options.project, request["reply_to"]).post([{"body": reply, "ttl": 60}])
                try:
                    claim.delete(message)
                except urllib.error.HTTPError:  # The claim has ended: another server answers too, which does no harm.
                    break
                print(f"answered {request['function']}{tuple(request['arguments'])}: {reply}", flush=True)


if __name__ == "__main__":
    run(main)
