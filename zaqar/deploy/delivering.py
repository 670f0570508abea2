"""The notifier over its stores."""

from zaqar import config


class Delivering:
    """Delivers until it is told to stop, in a process of its own or in a thread of another's."""

    def __init__(self, conf: config.Options) -> None:
        self._conf = conf

    def run(self) -> None:
        """Deliver until ``stop``."""

    def stop(self) -> None:
        """Let ``run`` come back soon; for any thread, and for a signal's handler."""

    def report(self) -> str:
        """Return in a few lines what was done so far."""
        return ""
