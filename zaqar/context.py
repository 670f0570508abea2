"""Who asks."""

import msgspec


class Opening(msgspec.Struct, frozen=True, gc=False):
    """What the signature of a request opens, and until which second since 1970."""

    paths: tuple[str, ...]
    ends: int


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

    @property
    def is_signed(self) -> bool:
        """Whether a signature opened the request."""
        return self.opening is not None
