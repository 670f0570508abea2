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
