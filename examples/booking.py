"""Book a hotel room: one post answers the guest, and four workers do the rest, one of which fails at first.

    python booking.py

A booking is published to a topic, of which four queues have a copy: mail, voucher, update and notice. The guest is answered as soon as
the service has the booking, not when the four are done. The printer of vouchers is broken: its worker fails, is given the job again, and after
``--attempts`` claims the job is put aside in a dead-letter queue, with a record of why. Then the printer is mended, and a redrive brings
the job back to where it came from. Both times are printed: how long the guest waited, and how long everything took.
"""

import threading
import time
import uuid
from typing import Any

from client import PAUSE_SECONDS, Claim, Queue, arguments, run
from fan_out import Topic

TASKS = ("mail", "voucher", "update", "notice")
BROKEN = "voucher"
SECONDS = {"mail": 0.4, "voucher": 0.2, "update": 0.3, "notice": 0.1}
"""How long each task takes in earnest."""


class Printer:
    """What the worker of vouchers needs, and what is broken at first."""

    def __init__(self) -> None:
        self.works = threading.Event()

    def print_voucher(self) -> None:
        """Print, or fail."""
        if not self.works.is_set():
            raise RuntimeError("the printer is out of paper")


class Worker(threading.Thread):
    """Does one task of each booking until it is told to stop; what fails is handed back."""

    def __init__(self, queue: Queue, task: str, printer: Printer) -> None:
        super().__init__(name=task, daemon=True)
        self.queue, self.task, self.printer = queue, task, printer
        self.done, self.is_over = threading.Event(), threading.Event()

    def run(self) -> None:
        """Claim and do."""
        while not self.is_over.is_set():
            claim = self.queue.claim(limit=1, ttl=60)
            if claim is None:
                time.sleep(PAUSE_SECONDS / 20)
                continue
            with claim:
                self.work_off(claim)

    def work_off(self, claim: Claim) -> None:
        """Do what was claimed, and delete what is done."""
        for message in claim.messages:
            try:
                self.do(message["body"])
            except RuntimeError as failure:
                print(f"{self.task}: failed: {failure}", flush=True)
                continue
            claim.delete(message)
            print(f"{self.task}: done for {message['body']['guest']}", flush=True)
            self.done.set()

    def do(self, booking: dict[str, Any]) -> None:
        """Do the task in such a way that doing it again changes nothing: under the booking's id."""
        if not booking["id"]:
            raise ValueError("a booking without an id")
        if self.task == BROKEN:
            self.printer.print_voucher()
        time.sleep(SECONDS[self.task])


def dead_letter(queue: Queue) -> dict[str, Any]:
    """Wait for the message that is put aside, and return what is on record of it."""
    while True:
        messages, _ = queue.messages()
        if messages:
            return dict(queue.call("GET", f"{queue.path}/messages/{messages[0]['id']}/details"))
        time.sleep(PAUSE_SECONDS / 20)


def redrive(queue: Queue) -> dict[str, Any]:
    """Bring what was put aside back to where it came from, and return the record of that."""
    started = queue.call("POST", f"{queue.path}/redrive", {})
    while True:
        state = queue.call("GET", f"{queue.path}/redrive/{started['redrive_id']}")
        if state["state"] != "running":
            return dict(state)
        time.sleep(PAUSE_SECONDS / 20)


def main() -> None:
    """Book, and see everything done."""
    parser = arguments(__doc__, queue="example-bookings")
    parser.add_argument("--guest", default="Ada", help="who books (default: %(default)s)")
    parser.add_argument("--attempts", type=int, default=3, help="claims after which a job is put aside")
    options = parser.parse_args()

    first = Queue(options.url, options.project, options.queue, options.token)
    topic, printer = Topic(first, options.queue), Printer()
    topic.create()
    queues = {task: first.other(f"{options.queue}-{task}") for task in TASKS}
    for queue in queues.values():
        queue.create(attempts=options.attempts)
        topic.subscribe(f"queue:{queue.name}")
    workers = {task: Worker(queue, task, printer) for task, queue in queues.items()}
    for worker in workers.values():
        worker.start()

    began = time.monotonic()
    topic.publish([{"id": str(uuid.uuid4()), "guest": options.guest, "nights": 2}])
    answered = time.monotonic() - began
    print(f"booked for {options.guest}", flush=True)
    for task in TASKS:
        if task != BROKEN:
            workers[task].done.wait()
    dead = first.other(f"{queues[BROKEN].name}-dead-letters")
    record = dead_letter(dead)
    print(f"{BROKEN}: put aside after {record['attempts']} attempts: {record['reason']}", flush=True)
    printer.works.set()
    print(f"{BROKEN}: redriven: {redrive(dead)['moved']}", flush=True)
    workers[BROKEN].done.wait()
    for worker in workers.values():
        worker.is_over.set()
    print(f"answered in {answered * 1000:.0f} ms, everything done in {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    run(main)
