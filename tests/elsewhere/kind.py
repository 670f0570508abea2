"""A kind of subscriber that is not the service's own: ``file:///path`` has a line for each message."""

from pathlib import Path

from zaqar.errors import Invalid
from zaqar.notification.kinds.kind import Answer, SubscriberKind


class Files(SubscriberKind):
    """Appends to files that are there."""

    waits = (0, 0)
    can_be_asked = False

    def parse(self, subscriber, options, source):
        """Refuse what is no path, and its own source's name."""
        if not subscriber.lower().startswith("file:///"):
            raise Invalid("The subscriber must be file:///, with a path.")

    def prepare(self, subscription):
        """Return the path."""
        return Path(subscription.subscriber[len("file://") :])

    async def open(self, surroundings):
        """Keep what calls in threads."""
        self._in_thread = surroundings.in_thread

    async def deliver(self, delivery):
        """Append."""
        return await self._in_thread(_append, delivery.prepared, delivery.text)


def _append(path, text):
    if not path.exists():
        return Answer("there is no such file")
    with path.open("ab") as file:
        file.write(text + b"\n")
    return Answer("written", is_delivered=True)
