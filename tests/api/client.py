"""The service as a caller speaks to it: verbs and nouns in, outcomes out, and no word of a transport.

A conversation speaks to ``Client`` only, so that it is told once and runs over every transport. ``http_client`` has the
implementation over HTTP.
"""

import abc
from typing import Any

from tests.api.outcomes import (
    Claim,
    Claimed,
    Created,
    Done,
    Messages,
    Metadata,
    Page,
    Posted,
    QueuePage,
    Refusal,
    Shown,
    Stats,
)

ABSENT: Any = object()
"""A document that is not sent at all."""

DEFAULT_METADATA = {
    "_max_messages_post_size": 262144,
    "_default_message_ttl": 3600,
    "_default_message_delay": 0,
    "_dead_letter_queue": None,
    "_dead_letter_queue_messages_ttl": None,
    "_max_claim_count": None,
    "_enable_encrypt_messages": False,
}
"""What every queue shows where nothing else is stored (http Q-18)."""


def messages(*bodies: Any, **members: Any) -> dict[str, Any]:
    """Return the document that posts a message for each body, all with the same other members."""
    return {"messages": [{"body": body, **members} for body in bodies]}


class Client(abc.ABC):
    """One caller, with a project and a client id; documents and parameters are those of the service's description."""

    project: str

    @abc.abstractmethod
    def colleague(self) -> "Client":
        """Return another client of the same project."""

    @abc.abstractmethod
    def stranger(self) -> "Client":
        """Return a client of another project, which nobody else uses."""

    @abc.abstractmethod
    def create_queue(self, name: str, metadata: Any = ABSENT) -> Created | Refusal: ...

    @abc.abstractmethod
    def show_queue(self, name: str) -> Metadata | Refusal: ...

    @abc.abstractmethod
    def list_queues(self, **parameters: Any) -> QueuePage | Refusal: ...

    @abc.abstractmethod
    def update_queue(self, name: str, patch: Any) -> Metadata | Refusal: ...

    @abc.abstractmethod
    def delete_queue(self, name: str) -> Done | Refusal: ...

    @abc.abstractmethod
    def stats(self, name: str) -> Stats | Refusal: ...

    @abc.abstractmethod
    def purge(self, name: str, document: Any = ABSENT) -> Done | Refusal: ...

    def post(self, queue: str, *bodies: Any, **members: Any) -> Posted | Refusal:
        return self.post_document(queue, messages(*bodies, **members))

    @abc.abstractmethod
    def post_document(self, queue: str, document: Any) -> Posted | Refusal: ...

    @abc.abstractmethod
    def list(self, queue: str, **parameters: Any) -> Page | Refusal: ...

    @abc.abstractmethod
    def get(self, queue: str, message_id: str, **parameters: Any) -> Shown | Refusal: ...

    @abc.abstractmethod
    def get_many(self, queue: str, *ids: str) -> Messages | Refusal: ...

    @abc.abstractmethod
    def delete(self, queue: str, message_id: str, **parameters: Any) -> Done | Refusal: ...

    @abc.abstractmethod
    def delete_many(self, queue: str, *ids: str, **parameters: Any) -> Done | Refusal: ...

    @abc.abstractmethod
    def pop(self, queue: str, number: Any, **parameters: Any) -> Messages | Refusal: ...

    @abc.abstractmethod
    def claim(self, queue: str, document: Any = ABSENT, **parameters: Any) -> Claimed | Refusal: ...

    @abc.abstractmethod
    def show_claim(self, queue: str, claim_id: str) -> Claim | Refusal: ...

    @abc.abstractmethod
    def renew(self, queue: str, claim_id: str, document: Any) -> Done | Refusal: ...

    @abc.abstractmethod
    def release(self, queue: str, claim_id: str) -> Done | Refusal: ...
