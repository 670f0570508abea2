"""Claim jobs, do them, delete each when it is done.

Run as many workers as you like, and stop or kill any of them at any moment. Ctrl-C and SIGTERM hand the jobs that are
not done back at once; after a kill -9 they come back when the claim's time is over. So no job is lost, but a job can be
done twice: by a worker that dies between doing and deleting it, or one that was held up for longer than its claim.
That is why do() must be repeatable.

A job that fails is left in the claim while the others of the batch are finished, and handed back with it: so only what
failed is tried again. After --attempts claims it is put aside, in the queue QUEUE-dead-letters. A job that kills its worker
takes its neighbours' attempts along; --limit 1 leaves it without neighbours.
"""

import json
import sys
import threading
import time
import urllib.error
from typing import Any

from client import PAUSE_SECONDS, Claim, Queue, arguments, run


class UnknownJob(Exception):
    """A body that this worker does not know what to do with: somebody else's message, or a newer producer's."""


def identify(body: Any) -> str:
    """Return a job's number and id for people to read."""
    if not isinstance(body, dict) or not {"id", "number"} <= body.keys():
        raise UnknownJob(f"not a job of producer.py: {json.dumps(body)}")
    return f"{body['number']} ({body['id']})"


def do(job: dict[str, Any], seconds: float) -> None:
    """Do one job, in such a way that doing it again changes nothing.

    In earnest: write the result under the job's id (a row with that key, a file of that name put in place by
    Path.replace), rather than adding to something or sending what cannot be called back.
    """
    print(f"doing job {job['number']}", flush=True)
    time.sleep(seconds)
    if "fail" in job:  # As work does that cannot be done.
        raise ValueError(job["fail"])


def keep(claim: Claim, seconds: float, finished: threading.Event) -> None:
    """Renew the claim again and again until the work is finished, so that it may take longer than the claim's ttl."""
    while not finished.wait(seconds):
        try:
            claim.renew()
        except urllib.error.HTTPError:  # The claim has ended; deleting will say so.
            return
        print("renewed the claim", flush=True)


def work_off(claim: Claim, *, seconds: float, renew: float) -> int:
    """Do and delete the jobs of one claim; return how many failed and are left in it."""
    finished = threading.Event()
    threading.Thread(target=keep, args=(claim, renew, finished), daemon=True).start()
    failed = 0
    try:
        for message in claim.messages:
            try:
                job = identify(message["body"])
                do(message["body"], seconds)
            except Exception as failure:  # noqa: BLE001  # whatever it is, it is this job's and not its neighbours'
                failed += 1
                print(f"failed: message {message['id']}: {failure}", file=sys.stderr, flush=True)
                continue
            claim.delete(message)
            print(f"done job {job}", flush=True)
    except urllib.error.HTTPError as refusal:
        if refusal.code not in (400, 403):
            raise
        print("the claim has ended: its jobs are someone else's now", flush=True)
    finally:
        finished.set()
    return failed


def main() -> None:
    """Work until told to stop."""
    parser = arguments(__doc__, queue="example-jobs")
    parser.add_argument("--limit", type=int, default=5, help="jobs to claim at a time (default: %(default)s)")
    parser.add_argument("--ttl", type=int, default=60, help="seconds a claim lasts, 60 or more (default: %(default)s)")
    parser.add_argument("--renew", type=float, default=20, help="seconds between renewals (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long a job takes (default: %(default)s)")
    parser.add_argument("--attempts", type=int, default=3, help="claims after which a job is put aside")
    parser.add_argument("--until-empty", action="store_true", help="stop when there is no job to take")
    options = parser.parse_args()

    queue = Queue(options.url, options.project, options.queue, options.token)
    queue.create(attempts=options.attempts)
    while True:
        failed = 0
        claim = queue.claim(limit=options.limit, ttl=options.ttl)
        if claim:
            with claim:
                print(f"claimed {len(claim.messages)} jobs", flush=True)
                failed = work_off(claim, seconds=options.seconds, renew=options.renew)
        elif options.until_empty:
            return
        if failed or not claim:  # What failed would be back at once, and its attempts gone in a moment.
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    run(main)
