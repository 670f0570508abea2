"""What only HTTP refuses: lengths and media types. Everything else has its row in ``zaqar.transport.status``."""

from zaqar import errors
from zaqar.transport import status
from zaqar.transport.status import Status


class InvalidHeader(errors.Invalid):
    """A header has a value that it cannot have."""


class InvalidContentType(errors.Invalid):
    """The body is a form (http X-11)."""


class UnsupportedMediaType(errors.Invalid):
    """The body is not the media type that the operation wants (http Q-33)."""


_TABLE: dict[type[errors.Error], Status] = {
    InvalidHeader: Status(400, "Invalid header value"),
    InvalidContentType: Status(400, "Invalid Content-Type"),
    UnsupportedMediaType: Status(415, "415 Unsupported Media Type"),
}


def status_of(error: errors.Error) -> Status:
    """Return the status code and title of an error over HTTP."""
    return _TABLE.get(type(error)) or status.status_of(error)
