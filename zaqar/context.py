"""Who asks."""

import msgspec


class Opening(msgspec.Struct, frozen=True, gc=False):
    """What the signature of a request opens, and until which second since 1970."""

    paths: tuple[str, ...]
    ends: int


class Token:
    """A text that whoever prints what has it does not show."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Context(msgspec.Struct, frozen=True, gc=False):
    """The identity behind one request, as established by the transport."""

    project: str
    client_id: str
    """Canonical form: a UUID in lower case with hyphens, or any string where the operator allows it."""
    request_id: str
    user: str | None = None
    roles: tuple[str, ...] = ()
    opening: Opening | None = None
    """Of a request that came with a valid signature: it names no user and brings no roles (http U-18)."""
    token: Token | None = None
    """With which somebody can act as the caller; no longer than the request lasts, and in no log."""

    @property
    def is_signed(self) -> bool:
        """Whether a signature opened the request."""
        return self.opening is not None
