"""Removes posts that will not be published: their producer died, gave up or did not say in time that it is still at it.

Taking the post out of ``reservations`` decides; from then on its producer publishes nothing. Then a document in the
place of its token keeps out what has not been inserted yet, and what has been is removed.
"""

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from zaqar.clock import Clock
from zaqar.storage.mongodb.messages.encoding import date_of
from zaqar.storage.mongodb.messages.known_records import Record, Records
from zaqar.storage.mongodb.messages.scope import keys_of_post, token_key
from zaqar.storage.mongodb.server.connection import Database, Document

LONGEST_LEASE = 60
"""Seconds that a post may keep its places without a word of its process, at most."""

MEMORY = 180
"""Seconds for which what takes the place of a removed post keeps out what its producer may still send, at least."""

MOST_ABANDONED = 10_000
"""Posts given up that one process remembers."""


class Striking:
    """Removes posts. ``memory``: seconds for which what comes of a removed one is kept out."""

    def __init__(self, database: Database, clock: Clock, records: Records, *, memory: int) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._memory = memory
        self._abandoned: set[tuple[str, str]] = set()

    def abandon(self, scope: str, nonce: str) -> None:
        """Note that this process has given up a post: nobody has to wait for its deadline."""
        if len(self._abandoned) >= MOST_ABANDONED:
            self._abandoned.clear()  # those forgotten have their deadlines
        self._abandoned.add((scope, nonce))

    def strike_late(self, record: Record, now: int) -> bool:
        """Remove posts that took too long; tell whether there were any."""
        late = [
            post
            for post in record.document["reservations"]
            if post["deadline"] <= now or (record.scope, post["by"]) in self._abandoned
        ]
        for post in late:
            self.strike(record.scope, post)
        for post in record.document["struck"]:  # somebody else was interrupted
            self._remove(record.scope, post)
        return bool(late or record.document["struck"])

    def strike(self, scope: str, post: Document) -> None:
        """Remove a post unless it was published."""
        mine = {"by": post["by"]}
        change = {"$pull": {"reservations": mine}, "$push": {"struck": post}}
        if self._records.update(scope, {"reservations.by": post["by"]}, change) is not None:
            self._remove(scope, post)

    def _remove(self, scope: str, post: Document) -> None:
        token = {"_id": token_key(scope, post["token"]), "queue": scope, "by": post["by"]}
        blocked = {"struck": True, "forget": date_of(self._clock.now() + self._memory)}
        try:
            known = self._database.run(
                lambda: self._database.messages.find_one_and_update(
                    token, {"$set": blocked}, upsert=True, return_document=ReturnDocument.BEFORE
                )
            )
        except DuplicateKeyError:  # another post had used this token before, and nothing came of this one
            known = None
        if known is not None and "first" in known:
            keys = keys_of_post(scope, post["token"], first=known["first"], count=post["count"])
            self._database.run(lambda: self._database.messages.delete_many({"_id": {"$in": keys}, "queue": scope}))
        self._records.update(scope, {}, {"$pull": {"struck": {"by": post["by"]}}})
        self._abandoned.discard((scope, post["by"]))
