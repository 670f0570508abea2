"""What MongoDB and PyMongo report, as the service's errors: the one place for it."""

from dns.exception import DNSException
from dns.exception import SyntaxError as DNSSyntaxError
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteConcernError,
)

from zaqar.errors import Unavailable
from zaqar.storage import refusals

DUPLICATE_KEY = 11000
COMMAND_NOT_FOUND = 59

_PASSING_CODES = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        24,  # LockTimeout
        43,  # CursorNotFound: the server that had the rest of an answer is gone; only reads have a rest
        50,  # MaxTimeMSExpired
        64,  # WriteConcernFailed
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        100,  # UnsatisfiableWriteConcern
        112,  # WriteConflict
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        175,  # QueryPlanKilled
        189,  # PrimarySteppedDown
        237,  # CursorKilled
        262,  # ExceededTimeLimit
        9001,  # SocketException
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11602,  # InterruptedDueToReplStateChange
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
    }
)
"""The server could not, for now; what it did in part is there."""

_OPERATORS_CODES = frozenset({13, 18, 8000})
"""Unauthorized, AuthenticationFailed, and what Atlas answers for both."""

_FULL_CODES = frozenset({14031})

_TOO_LARGE_CODES = frozenset({146, 4568, 10334, 13548})
"""ExceededMemoryLimit, what $lookup has for it, BSONObjectTooLarge, and a buffer that may not grow."""


def codes(error: PyMongoError) -> set[int]:
    """Return the server's codes in an error."""
    if isinstance(error, BulkWriteError):
        details = error.details
        found = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
        return {int(each.get("code") or 0) for each in found}
    if isinstance(error, OperationFailure):
        return {int(error.code or 0)}
    return set()


def was_sent(error: PyMongoError) -> bool:
    """Tell whether the server may have done something; a primary that steps down may have, in the middle of it."""
    return not isinstance(error, (ServerSelectionTimeoutError, WaitQueueTimeoutError)) and not is_failed_look_up(error)


def is_failed_look_up(error: PyMongoError) -> bool:
    """Tell a name of ``mongodb+srv://`` that DNS did not resolve, which PyMongo reports as it does a wrong option.

    A name that DNS does not know is among it, as it is with ``mongodb://``; one that cannot be a name is not.
    """
    cause = error.__cause__
    return (
        isinstance(error, ConfigurationError)
        and isinstance(cause, (DNSException, OSError))
        and not isinstance(cause, DNSSyntaxError)
    )


def is_passing(error: PyMongoError) -> bool:
    """Tell whether a later attempt may succeed."""
    if isinstance(error, (AutoReconnect, ExecutionTimeout, WaitQueueTimeoutError, WriteConcernError)):
        return True
    if is_failed_look_up(error):
        return True
    found = codes(error)
    if isinstance(error, BulkWriteError):  # what was there already, by an attempt before, is no obstacle
        return bool(found & _PASSING_CODES) and found <= _PASSING_CODES | {DUPLICATE_KEY}
    return bool(found & _PASSING_CODES) or error.has_error_label("RetryableWriteError")


def is_outage(error: PyMongoError) -> bool:
    """Tell a server that cannot serve from a mistake of ours, which must surface as one."""
    return is_passing(error) or bool(codes(error) & (_OPERATORS_CODES | _FULL_CODES))


def is_too_large(error: PyMongoError) -> bool:
    """Tell whether an answer would have been larger than a document may be."""
    return bool(codes(error) & _TOO_LARGE_CODES)


def unavailable(error: PyMongoError) -> Unavailable:
    """Return the error for the API user, with the cause chained for the log."""
    result = Unavailable(_sentence(error))
    result.__cause__ = error
    return result


def _sentence(error: PyMongoError) -> str:
    if codes(error) & _FULL_CODES:
        return refusals.FULL
    if isinstance(error, (NetworkTimeout, AutoReconnect)) and was_sent(error):
        return refusals.IN_DOUBT
    if is_failed_look_up(error):
        return "The store cannot be found: DNS does not tell where it is."
    return refusals.no_answer(error)
