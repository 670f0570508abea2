"""What is known of a token."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from zaqar.transport.identity import Credentials


class Refused(Exception):
    """The identity service does not know the token, or no longer."""


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """A token that was accepted: whose it is, and for how many seconds from then on that may be relied on."""

    credentials: Credentials
    seconds: float
    check: Callable[[Mapping[str, Any]], None] | None = None
    """Refuses what a token of an application credential with access rules is not good for.

    It is asked for every request, with its WSGI environment, and raises ``Refused``. None for every other token.
    """
