"""What Redis and redis-py report, as the service's errors: the one place for it."""

import re

from redis.exceptions import (
    AskError,
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,  # noqa: A004 - the library's name
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    TimeoutError,  # noqa: A004 - the library's name
    TryAgainError,
)

from zaqar.errors import Unavailable
from zaqar.storage import refusals

_CODES: dict[type[Exception], str] = {
    AskError: "ASK",
    AuthenticationError: "NOAUTH",
    AuthorizationError: "NOAUTH",
    BusyLoadingError: "LOADING",
    MasterDownError: "MASTERDOWN",
    ClusterDownError: "CLUSTERDOWN",
    NoPermissionError: "NOPERM",
    OutOfMemoryError: "OOM",
    ReadOnlyError: "READONLY",
    TryAgainError: "TRYAGAIN",
}
_IN_TEXT = re.compile(r"(?:^|@user_script: ?\d+: -)([A-Z]{3,})\b")
"""The server's own word for it: first, or where Redis 6.2 tells what a command in a script was answered."""

_ELSEWHERE = frozenset(("ASK", "BUSY", "CLUSTERDOWN", "TRYAGAIN"))
"""Refusals that say nothing against the connection."""

_REFUSALS = _ELSEWHERE | {"LOADING", "MASTERDOWN", "MAXCLIENTS", "NOREPLICAS", "READONLY"}
_FOR_THE_OPERATOR = frozenset(("MISCONF", "NOAUTH", "NOPERM", "OOM", "WRONGPASS"))

_SENTENCES = {
    "BUSY": "The store cannot answer: it is busy with a script.",
    "LOADING": "The store cannot answer yet: it is loading its data.",
    "MAXCLIENTS": "The store is busy: it takes no more connections.",
    "MISCONF": "The store takes no writes: it cannot write to its disk.",
    "NOAUTH": "The store refuses the log-in of this service.",
    "NOPERM": "The store does not permit this service to do that.",
    "NOREPLICAS": "The store takes no writes: too few of its replicas are there.",
    "OOM": refusals.FULL,
    "READONLY": "The store takes no writes: the server is a replica.",
    "WRONGPASS": "The store refuses the log-in of this service.",
}


class StoreFull(Unavailable):
    """The server has reached its ``maxmemory``: what needs no memory still works."""


class ServerFailed(Exception):
    """A call that had no answer; ``was_sent``: whether the server may have done it all the same."""

    def __init__(self, error: Exception, *, was_sent: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.was_sent = was_sent
        self.code = _code(error)

    @property
    def is_refusal(self) -> bool:
        """Tell whether the server answered that it cannot, for now: then it did nothing."""
        return self.code in _REFUSALS

    @property
    def is_passing(self) -> bool:
        """Tell whether a later attempt may succeed."""
        if self.is_refusal:
            return True
        return isinstance(self.error, (ConnectionError, TimeoutError)) and self.code not in _FOR_THE_OPERATOR

    @property
    def is_loss(self) -> bool:
        """Tell whether the connection is gone, or leads to a server that is no longer the right one."""
        return self.is_passing and self.code not in _ELSEWHERE

    @property
    def is_outage(self) -> bool:
        """Tell a server that cannot serve from a mistake of ours, which must surface as one."""
        return self.is_passing or self.code in _FOR_THE_OPERATOR

    def may_be_repeated(self, *, is_repeatable: bool) -> bool:
        """Tell whether to try again; what is not ``is_repeatable`` only where it was surely not done."""
        return self.is_passing and (is_repeatable or self.is_refusal or not self.was_sent)


def unavailable(failed: ServerFailed) -> Unavailable:
    """Return the error for the API user, with the cause chained for the log."""
    result = (StoreFull if failed.code == "OOM" else Unavailable)(_sentence(failed))
    result.__cause__ = failed.error
    return result


def _code(error: Exception) -> str:
    """Return the word by which Redis names the error; empty for what the server did not say."""
    if isinstance(error.__context__, ReadOnlyError):  # redis-py turns it into a lost connection under Sentinel
        return "READONLY"
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return code
    if str(error) == "max number of clients reached":
        return "MAXCLIENTS"
    found = _IN_TEXT.search(str(error))
    return found[1] if found else ""


def _sentence(failed: ServerFailed) -> str:
    if failed.code in _SENTENCES:
        return _SENTENCES[failed.code]
    if failed.was_sent and not failed.is_refusal:
        return refusals.IN_DOUBT
    return refusals.no_answer(failed.error)
