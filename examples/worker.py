"""Claim jobs, do them, delete each when it is done.

Run as many workers as you like, and stop or kill any of them at any moment. Ctrl-C and SIGTERM hand the jobs that are
not done back at once; after a kill -9 they come back when the claim's time is over. So no job is lost, but a job can be
done twice: by a worker that dies between doing and deleting it, or one that was held up for longer than its claim.
That is why do() must be repeatable. A job that no worker survives would come back for ever: give the queue the metadata
_max_claim_count and _dead_letter_queue, and it is put aside.
"""

import threading
import time
import urllib.error
from typing import Any

from client import Claim, Queue, arguments, run


def do(job: dict[str, Any], seconds: float) -> None:
    """Do one job, in such a way that doing it again changes nothing.

    In earnest: write the result under the job's id (a row with that key, a file of that name put in place by
    Path.replace), rather than adding to something or sending what cannot be called back.
    """
    print(f"doing job {job['number']}", flush=True)
    time.sleep(seconds)


def keep(claim: Claim, seconds: float, finished: threading.Event) -> None:
    """Renew the claim again and again until the work is finished, so that it may take longer than the claim's ttl."""
    while not finished.wait(seconds):
        try:
            claim.renew()
        except urllib.error.HTTPError:  # The claim has ended; deleting will say so.
            return
        print("renewed the claim", flush=True)


def work_off(claim: Claim, *, seconds: float, renew: float) -> None:
    """Do and delete the jobs of one claim."""
    finished = threading.Event()
    threading.Thread(target=keep, args=(claim, renew, finished), daemon=True).start()
    try:
        for message in claim.messages:
            do(message["body"], seconds)
            claim.delete(message)
            print(f"done job {message['body']['number']} ({message['body']['id']})", flush=True)
    except urllib.error.HTTPError as refusal:
        if refusal.code not in (400, 403):
            raise
        print("the claim has ended: its jobs are someone else's now", flush=True)
    finally:
        finished.set()


def main() -> None:
    """Work until told to stop."""
    parser = arguments(__doc__, queue="jobs")
    parser.add_argument("--limit", type=int, default=5, help="jobs to claim at a time (default: %(default)s)")
    parser.add_argument("--ttl", type=int, default=60, help="seconds a claim lasts, 60 or more (default: %(default)s)")
    parser.add_argument("--renew", type=float, default=20, help="seconds between renewals (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long a job takes (default: %(default)s)")
    parser.add_argument("--until-empty", action="store_true", help="stop when there is no job to take")
    options = parser.parse_args()

    queue = Queue(options.url, options.project, options.queue)
    while True:
        claim = queue.claim(limit=options.limit, ttl=options.ttl)
        if claim:
            with claim:
                print(f"claimed {len(claim.messages)} jobs", flush=True)
                work_off(claim, seconds=options.seconds, renew=options.renew)
        elif options.until_empty:
            return
        else:
            time.sleep(1)


if __name__ == "__main__":
    run(main)
