"""Records: what lets messages of a queue be posted, and tells how many there are."""

import abc

from zaqar.models import QueueKey, Stats


class Records(abc.ABC):
    """The record of each queue in a message store."""

    @abc.abstractmethod
    def create(self, queue: QueueKey) -> None:
        """Make the record that lets messages be posted. Idempotent."""

    @abc.abstractmethod
    def delete(self, queue: QueueKey) -> None:
        """Remove the record, every message and every claim. Silent when missing (storage 2.16).

        Subscriptions stay, and so does what is to be delivered to them (notifications N-68).

        Returns once no call sees any of them, also after the queue was made again; the sweep reclaims their space.
        """

    @abc.abstractmethod
    def purge(self, queue: QueueKey) -> None:
        """Remove every message posted before the call, claimed and delayed ones too, and every claim.

        Returns once no call sees any of them; the sweep reclaims their space. The record stays: whoever follows markers
        goes on with what is posted from then on. Silent when the queue is missing.
        """

    @abc.abstractmethod
    def stats(self, queue: QueueKey) -> Stats:
        """Count the messages. Constant cost; expired messages may be counted up to 60 s (http M-5).

        Raises ``QueueNotFound``.
        """
