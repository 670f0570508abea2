"""What the operations ask of a policy."""

from typing import Protocol

from zaqar.context import Context


class Authorization(Protocol):
    """Decides who may do what."""

    def check(self, rule: str, context: Context) -> None:
        """Raise ``Forbidden`` unless ``rule`` allows the caller."""
        ...
