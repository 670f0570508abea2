"""Collections and their indexes: the one table of them, each index with the queries it serves.

messages   one document per message, one per post, which remembers its token, and one notice per post to a queue with
           subscribers, for these. Shard key: ``queue``.
subscriptions  one document per subscription, with its progress. Shard key: ``queue``.
records    one document per queue or topic of the message store.
queues     queues and topics of the management store.
sweeps     one document: when somebody may sweep next.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pymongo

MESSAGES, SUBSCRIPTIONS, RECORDS, QUEUES, SWEEPS = "messages", "subscriptions", "records", "queues", "sweeps"

RECLAIM_AFTER = 300
"""Seconds behind its end after which the server itself removes what no sweep has removed."""


@dataclasses.dataclass(frozen=True)
class Index:
    """An index: its keys, all ascending, and why it is there."""

    collection: str
    name: str
    keys: Sequence[str]
    serves: str
    only_with: str | None = None
    """Holds only documents that have this field."""
    is_unique: bool = False
    reclaim_after: int | None = None
    """Seconds behind the date after which the server removes the document."""

    def model(self) -> pymongo.IndexModel:
        """Return what creates it."""
        options: dict[str, Any] = {"name": self.name}
        if self.only_with is not None:
            options["partialFilterExpression"] = {self.only_with: {"$exists": True}}
        if self.is_unique:
            options["unique"] = True
        if self.reclaim_after is not None:
            options["expireAfterSeconds"] = self.reclaim_after
        return pymongo.IndexModel([(key, pymongo.ASCENDING) for key in self.keys], **options)


MESSAGE_STORE = (
    Index(MESSAGES, "reading", ("queue", "state", "position"), "list, claim, pop, both ends in stats, recount"),
    Index(MESSAGES, "settling", ("queue", "until"), "what falls due in a queue, and when the next does", "until"),
    Index(MESSAGES, "claims", ("claim",), "get, renew and release a claim; what is leaving in a move", "claim"),
    Index(MESSAGES, "expiry", ("expires",), "the sweep of what has expired", reclaim_after=RECLAIM_AFTER),
    Index(MESSAGES, "tokens", ("forget",), "forgets tokens of posts", only_with="forget", reclaim_after=0),
    Index(
        MESSAGES, "notices", ("queue", "last", "size", "for"), "the outbox of a queue; which queues have one", "last"
    ),
    Index(
        MESSAGES, "lapsing", ("lapses",), "the sweep of notices past their time", "lapses", reclaim_after=RECLAIM_AFTER
    ),
    # Only with a digest: another implementation may have a collection of this name.
    Index(
        SUBSCRIPTIONS,
        "subscribers",
        ("queue", "digest"),
        "keeps subscribers of a queue apart",
        "digest",
        is_unique=True,
    ),
    Index(SUBSCRIPTIONS, "progress", ("queue", "low"), "lease; what of the outbox is needed", "low"),
    Index(SUBSCRIPTIONS, "ending", ("expires",), "the sweep of subscriptions that ended", reclaim_after=RECLAIM_AFTER),
    Index(RECORDS, "sweeping", ("due",), "the sweep of queues in which something may be due", only_with="due"),
    Index(
        RECORDS,
        "redriving",
        ("redrive.is_running",),
        "which queues have a running redrive",
        only_with="redrive.is_running",
    ),
    Index(RECORDS, "litter", ("litter",), "the sweep of what purges and deletions have left", only_with="litter"),
)

MANAGEMENT_STORE = (
    Index(QUEUES, "names", ("project", "kind", "name"), "get, list, count; keeps names apart", is_unique=True),
)


def models(indexes: Sequence[Index]) -> Mapping[str, list[pymongo.IndexModel]]:
    """Return the indexes of each collection, as PyMongo wants them."""
    found: dict[str, list[pymongo.IndexModel]] = {}
    for index in indexes:
        found.setdefault(index.collection, []).append(index.model())
    return found
