"""Who asks."""

import msgspec


class Context(msgspec.Struct, frozen=True, gc=False):
    """The identity behind one request, as established by the transport."""

    project: str
    client_id: str
    """Canonical form: a UUID in lower case with hyphens, or any string where the operator allows it."""
    request_id: str
    user: str | None = None
    roles: tuple[str, ...] = ()
    is_signed: bool = False
    """The request came with a valid signature: it names no user and brings no roles (http U-18)."""
