"""The way to a MongoDB database, and what is done when a command fails."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any, TypeVar

import pymongo
from pymongo import MongoClient, ReadPreference
from pymongo.collection import Collection
from pymongo.database import Database as MongoDatabase
from pymongo.errors import OperationFailure, PyMongoError

from zaqar import forks
from zaqar.errors import ConfigurationError, Unavailable
from zaqar.storage.mongodb.schema import MESSAGES, QUEUES, RECORDS, SUBSCRIPTIONS, SWEEPS, Index, models
from zaqar.storage.mongodb.server.failure import COMMAND_NOT_FOUND, is_outage, is_passing, unavailable, was_sent
from zaqar.storage.retry import Retry

Document = dict[str, Any]
T = TypeVar("T")

LONGEST_PAUSE = 1.0
"""Seconds between two attempts, at most."""

LONGEST_GLANCE = 2.0
"""Seconds that looking whether the server is there may take."""


class Database:
    """One database as a store sees it, safe between threads and after a fork.

    ``deadline``: seconds that a command is tried again. ``attempts``: how often. ``first_pause``: seconds before the
    second repetition; then pauses double.
    """

    def __init__(
        self,
        connect: Callable[[], MongoClient[Document]],
        name: str,
        *,
        indexes: Sequence[Index],
        deadline: float,
        attempts: int,
        first_pause: float,
    ) -> None:
        self.losses = 0
        self._connect = connect
        self._name = name
        self._indexes = indexes
        self.retry = Retry(
            failure=PyMongoError,
            deadline=deadline,
            attempts=attempts,
            first_pause=first_pause,
            longest_pause=LONGEST_PAUSE,
        )
        self._opening = threading.RLock()
        self._client: MongoClient[Document] | None = None
        self._database: MongoDatabase[Document] | None = None
        forks.tell(self)

    @property
    def messages(self) -> Collection[Document]:
        """Return the collection of messages, tokens and notices."""
        return self._ready()[MESSAGES]

    @property
    def records(self) -> Collection[Document]:
        """Return the collection of the queues' records."""
        return self._ready()[RECORDS]

    @property
    def subscriptions(self) -> Collection[Document]:
        """Return the collection of subscriptions and their progress."""
        return self._ready()[SUBSCRIPTIONS]

    @property
    def queues(self) -> Collection[Document]:
        """Return the collection of the management store."""
        return self._ready()[QUEUES]

    @property
    def sweeps(self) -> Collection[Document]:
        """Return the collection that says whose turn it is to sweep."""
        return self._ready()[SWEEPS]

    def run(self, command: Callable[[], T], *, when_in_doubt: Callable[[], object] | None = None) -> T:
        """Run a command, which must bear repetition, and return its answer. Raises ``Unavailable``.

        ``when_in_doubt`` is called where the server may have done it more than once, or part of it: what it counted
        is then not what was changed.
        """
        try:
            return command()
        except PyMongoError as error:
            return self._again(error, command, when_in_doubt)

    def run_once(self, command: Callable[[], T]) -> T:
        """Run a command for which nobody wants to wait long, and return its answer. Raises ``Unavailable``."""
        try:
            return self._once(command)
        except PyMongoError as error:
            raise (unavailable(error) if is_outage(error) else error) from error

    def microseconds(self, *, is_patient: bool = False) -> int:
        """Return the server's time as microseconds since 1970, asking once if not patient. Raises ``Unavailable``."""
        try:
            told = (self.run(self._hello) if is_patient else self._once(self._hello))["localTime"]
        except PyMongoError as error:
            raise unavailable(error) from error
        return round(float(told.replace(tzinfo=UTC).timestamp()) * 1_000_000)

    def is_alive(self) -> bool:
        """Tell whether the primary answers, asking once."""
        try:
            self._once(lambda: self._client_now().admin.command("ping"))
        except PyMongoError:
            return False
        return True

    def close(self) -> None:
        """Close the connections; the next command opens new ones."""
        with self._opening:
            client, self._client, self._database = self._client, None, None
        if client is not None:
            client.close()

    def forget_parent(self) -> None:
        """Leave to the parent, in a forked process, what is its own."""
        self._opening = threading.RLock()
        self._client = None
        self._database = None

    def _again(self, error: PyMongoError, command: Callable[[], T], when_in_doubt: Callable[[], object] | None) -> T:
        """Try again while there is hope and time, then raise."""
        is_doubtful = False

        def may_be_repeated(error: PyMongoError) -> bool:
            nonlocal is_doubtful
            self.losses += 1
            is_doubtful = is_doubtful or was_sent(error)
            return is_passing(error)

        def attempt() -> T:
            try:
                return command()
            finally:
                if is_doubtful and when_in_doubt is not None:
                    when_in_doubt()

        try:
            return self.retry.again(error, attempt, may_be_repeated=may_be_repeated)
        except PyMongoError as last:
            if is_outage(last):
                raise unavailable(last) from last
            raise

    def _once(self, command: Callable[[], T]) -> T:
        """Run a command for which nobody wants to wait long."""
        with pymongo.timeout(min(LONGEST_GLANCE, self.retry.deadline)):
            return command()

    def _client_now(self) -> MongoClient[Document]:
        found = self._client
        if found is not None:
            return found
        # Without a lock: where DNS does not answer, each thread would wait for all before it.
        made = self._connected()
        with self._opening:
            found = self._client = self._client or made
        if found is not made:
            made.close()
        return found

    def _connected(self) -> MongoClient[Document]:
        """Return a new client. What is wrong only now, as what DNS tells, is the operator's to see, not the API user's."""
        try:
            return self._connect()
        except ConfigurationError as error:
            raise Unavailable("The store cannot be reached as it is configured.") from error

    def _ready(self) -> MongoDatabase[Document]:
        """Return the database, with its indexes made; reads that decide go to the primary, whatever the URI says."""
        found = self._database
        if found is not None:
            return found
        client = self._client_now()
        found = client.get_database(self._name, read_preference=ReadPreference.PRIMARY)
        # Without a lock: while the server is away, each thread that waits for it waits at the same time.
        for collection, indexes in models(self._indexes).items():
            found[collection].create_indexes(indexes)
        with self._opening:
            if self._client is client:
                self._database = found
        return found

    def _hello(self) -> Document:
        admin = self._client_now().admin
        try:
            return admin.command("hello")
        except OperationFailure as error:
            if error.code != COMMAND_NOT_FOUND:
                raise
            return admin.command("isMaster")  # before 4.4.2
