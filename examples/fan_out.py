"""Publish to a topic, and let three queues have each message: two with a worker, one whose worker is dead.

    python fan_out.py --count 20

Each queue is a subscriber of the topic, ``queue:NAME``, and its workers know nothing of the topic or of each other. Billing and shipping
have done with every order in a moment. Of audit nobody takes anything: its orders wait there, whole, and hold up nobody. ``--revive``
starts its worker at last, which finds them all.
"""

import time
import urllib.error
import urllib.parse
import uuid
from typing import Any

from client import PAUSE_SECONDS, Queue, arguments, run

WITH_WORKER, WITHOUT = ("billing", "shipping"), "audit"


class Topic:
    """A topic, through the client of a queue that knows where the service is."""

    def __init__(self, queue: Queue, name: str) -> None:
        self.queue, self.path = queue, f"/v2/topics/{urllib.parse.quote(name)}"

    def create(self) -> None:
        """Make the topic, unless it is there."""
        self.queue.call("PUT", self.path, {})

    def subscribe(self, subscriber: str, **options: Any) -> str:
        """Subscribe for an hour, and return the subscription's id; who is subscribed already stays so."""
        document = {"subscriber": subscriber, "ttl": 3600, "options": options}
        return str(self.queue.call("POST", f"{self.path}/subscriptions", document)["subscription_id"])

    def publish(self, bodies: list[Any]) -> None:
        """Post messages, all or none of them."""
        self.queue.call("POST", f"{self.path}/messages", {"messages": [{"body": body, "ttl": 3600} for body in bodies]})


def work_off(queue: Queue, count: int, done: set[str]) -> None:
    """Do each order once and delete it, until so many are done; an order may come twice, so its own id tells."""
    while len(done) < count:
        claim = queue.claim(limit=20, ttl=60)
        if claim is None:
            time.sleep(PAUSE_SECONDS / 10)
            continue
        with claim:
            for message in claim.messages:
                done.add(message["body"]["id"])
                claim.delete(message)


def main() -> None:
    """Publish, work, and say what each queue had."""
    parser = arguments(__doc__, queue="example-orders")
    parser.add_argument("--count", type=int, default=20, help="orders to publish (default: %(default)s)")
    parser.add_argument("--revive", action="store_true", help="do what waits in the third queue, too")
    options = parser.parse_args()

    first = Queue(options.url, options.project, options.queue, options.token)
    topic = Topic(first, options.queue)
    topic.create()
    queues = {name: first.other(f"{options.queue}-{name}") for name in (*WITH_WORKER, WITHOUT)}
    for queue in queues.values():
        topic.subscribe(f"queue:{queue.name}")
    topic.publish([{"id": str(uuid.uuid4()), "number": number} for number in range(options.count)])
    print(f"published {options.count} orders, once", flush=True)
    for name in WITH_WORKER:
        done: set[str] = set()
        work_off(queues[name], options.count, done)
        print(f"{name}: done {len(done)} orders", flush=True)
    print(f"{WITHOUT}: {waiting(queues[WITHOUT])} orders wait for a worker", flush=True)
    if options.revive:
        work_off(queues[WITHOUT], waiting(queues[WITHOUT]), done := set())
        print(f"{WITHOUT}: done {len(done)} orders, late", flush=True)


def waiting(queue: Queue) -> int:
    """Return how many messages nobody has taken; none where the queue was not made yet."""
    try:
        return int(queue.call("GET", f"{queue.path}/stats")["messages"]["free"])
    except urllib.error.HTTPError as refusal:
        if refusal.code != 404:
            raise
        return 0


if __name__ == "__main__":
    run(main)
