"""Post jobs to a queue, a few in each request.

The queue is made if it is not there, with a dead-letter queue for jobs that fail again and again. All jobs of one request
are posted, or none of them.
"""

import uuid

from client import Queue, arguments, run


def main() -> None:
    """Post the jobs and print what was posted."""
    parser = arguments(__doc__, queue="example-jobs")
    parser.add_argument("--count", type=int, default=10, help="jobs to post (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=5, help="jobs in one request (default: %(default)s)")
    parser.add_argument("--ttl", type=int, default=3600, help="seconds until a job nobody did is dropped")
    parser.add_argument("--delay", type=int, default=0, help="seconds until a worker can take a job")
    parser.add_argument("--attempts", type=int, default=3, help="claims after which a job is put aside")
    options = parser.parse_args()

    queue = Queue(options.url, options.project, options.queue, options.token)
    queue.create(attempts=options.attempts)
    for first in range(0, options.count, options.batch):
        numbers = range(first, min(first + options.batch, options.count))
        # The id is the job's own: a worker that is given a job twice can tell.
        jobs = [{"id": str(uuid.uuid4()), "number": number} for number in numbers]
        ids = queue.post([{"body": job, "ttl": options.ttl, "delay": options.delay} for job in jobs])
        for job, message in zip(jobs, ids, strict=True):
            print(f"posted job {job['number']} ({job['id']}) as message {message}", flush=True)


if __name__ == "__main__":
    run(main)
