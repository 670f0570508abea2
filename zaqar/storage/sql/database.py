"""What a store asks of a database, whichever it is: statements run in questions, which read, and in steps, which write."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from zaqar.storage.sql.statement import Parameters, Row, Statement

Result = TypeVar("Result")


class Session(Protocol):
    """What a question is given to work with."""

    def row(self, statement: Statement, parameters: Parameters) -> Row | None:
        """Return the first row, if there is one."""
        ...

    def rows(self, statement: Statement, parameters: Parameters) -> list[Row]:
        """Return all rows."""
        ...


class Transaction(Session, Protocol):
    """What a step is given to work with: a session that may write."""

    def run(self, statement: Statement, parameters: Parameters) -> int:
        """Execute and return the number of rows it changed."""
        ...


class Database(Protocol):
    """A database that stores share. Its methods raise ``Unavailable`` while it cannot answer."""

    def read(self, question: Callable[[Session], Result]) -> Result:
        """Ask a question and return its answer; each statement may see another state of the database."""
        ...

    def write(self, step: Callable[[Transaction], Result], *, adds: bool = False) -> Result:
        """Run ``step`` whole or not at all; return when its effect is durable. Raises what ``step`` raises.

        A step may be run more than once before it succeeds. One that ``adds`` data is refused where there is no room for
        more than what makes room.
        """
        ...

    def is_alive(self) -> bool:
        """Tell whether the database can be read and written."""
        ...

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        ...
