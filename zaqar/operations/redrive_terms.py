"""What a client says of a redrive: the types and bounds of its terms (http R-2)."""

from typing import get_args

from zaqar.errors import Invalid
from zaqar.limits import check_queue, check_range
from zaqar.models import QueueKey, Reason, RedriveTerms

LARGEST_RATE = 100_000
"""Messages a second."""
LARGEST_LIMIT = 2**53
"""Messages: as many as a queue has positions."""


def checked(
    queue: QueueKey, *, to: object, limit: object, rate: object, reason: object, dry_run: object
) -> RedriveTerms:
    """Return the terms of a redrive of the queue. Raises ``Invalid``."""
    return RedriveTerms(
        to=_target(queue, to),
        limit=_number("limit", limit, most=LARGEST_LIMIT),
        rate=_number("rate", rate, most=LARGEST_RATE),
        reason=_reason(reason),
        is_dry_run=_flag("dry_run", dry_run),
    )


def _target(queue: QueueKey, name: object) -> str | None:
    if name is None:
        return None
    if not isinstance(name, str):
        raise Invalid("to must be the name of a queue.")
    try:
        check_queue(QueueKey(queue.project, name))
    except Invalid as error:
        raise Invalid(f"to: {error}") from error
    if name == queue.name:
        raise Invalid("to must name another queue than the one whose messages are to be moved.")
    return name


def _number(name: str, value: object, *, most: int) -> int | None:
    if value is None:
        return None
    if type(value) is not int:  # True is an int to isinstance (http O-49)
        raise Invalid(f"{name} must be an integer.")
    check_range(name, value, least=1, most=most)
    return value


def _reason(value: object) -> Reason | None:
    if value is None:
        return None
    for reason in get_args(Reason):
        if value == reason:
            known: Reason = reason
            return known
    raise Invalid(f"reason must be one of {', '.join(get_args(Reason))}.")


def _flag(name: str, value: object) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Invalid(f"{name} must be a boolean.")
    return value
