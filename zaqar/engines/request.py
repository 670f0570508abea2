"""A client's request, and the exception for bytes that are no request."""

import dataclasses
from http import HTTPStatus


class Refused(Exception):
    """The client sent something that is no request to this service; it is answered with ``status``."""

    def __init__(self, status: HTTPStatus, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bounds:
    """The greatest lengths of a request's line and of its body, in bytes."""

    line: int
    body: int


@dataclasses.dataclass(slots=True)
class Request:
    """One request; ``fields`` are its headers under the names that WSGI has for them."""

    method: str
    target: str
    version: str
    fields: dict[str, str]
    stays_open: bool
    body: bytes = b""
    is_whole: bool = False

    @property
    def has_body(self) -> bool:
        """Tell whether the headers announce a body."""
        return self.fields.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in self.fields
