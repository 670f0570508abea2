"""The status code and title with which each error is answered: one table for all transports (http section 3.6)."""

from typing import NamedTuple

from zaqar import errors

RETRY_AFTER = 5
"""Seconds after which a client should try again when the service is unavailable."""


class Status(NamedTuple):
    """The status code and the title of an error."""

    code: int
    title: str


class MissingHeader(errors.Invalid):
    """A mandatory header is missing."""


class InvalidClientId(errors.Invalid):
    """The Client-ID is not of the form that the operator asks for."""


class MissingProject(errors.Invalid):
    """The request names no project."""


class EmptyProject(errors.Invalid):
    """The request names a project with an empty name."""


class Unauthenticated(errors.Error):
    """The request has no token, or one that is not, or no longer, good (http X-26)."""

    def __init__(self, message: str, *, uri: str) -> None:
        """Say where clients get a token."""
        super().__init__(message)
        self.uri = uri


UNAVAILABLE = Status(503, "Service temporarily unavailable")

_TABLE: dict[type[errors.Error], Status] = {
    MissingHeader: Status(400, "Missing header value"),
    InvalidClientId: Status(400, "Wrong UUID value"),
    MissingProject: Status(400, "Project-Id Missing"),
    EmptyProject: Status(400, "Empty project header not allowed"),
    Unauthenticated: Status(401, "Unauthorized"),
    errors.Invalid: Status(400, "Invalid API request"),
    errors.InvalidBody: Status(400, "Invalid request body"),
    errors.InvalidParameter: Status(400, "Invalid parameter"),
    errors.InvalidQueueName: Status(400, "Invalid queue identification"),
    errors.InvalidTopicName: Status(400, "Invalid topic identification"),
    errors.ClaimNotHeld: Status(400, "Unable to delete"),
    errors.NothingToUpdate: Status(400, "Unable to update subscription"),
    errors.NotAConfirmation: Status(400, "Unable to confirm subscription"),
    errors.Forbidden: Status(403, "Not authorized"),
    errors.MessageClaimed: Status(403, "Unable to delete"),
    errors.NotFound: Status(404, "Not found"),
    errors.Conflict: Status(409, "Resource conflict"),
    errors.Unavailable: UNAVAILABLE,
}
INTERNAL = Status(500, "Internal server error")


def status_of(error: errors.Error) -> Status:
    """Return the row of the error's class, or of the nearest class above it."""
    for kind in type(error).__mro__:
        if kind in _TABLE:
            return _TABLE[kind]
    return INTERNAL


def description_of(error: errors.Error) -> str:
    """Return the sentence for the client."""
    if isinstance(error, errors.Unavailable):
        return f"{error} Please try again in a few seconds."
    return str(error)
