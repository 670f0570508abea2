"""The table itself: rows are conversations, columns are engines, cells are the answers that each gives.

Where the engines differ, the row says why.
"""

import dataclasses
from collections.abc import Callable

from tests.integration.process import RunningServer

ENGINES = ("gunicorn", "granian")
CLIENT_TIMEOUT = 1
THREADS = 2

Conversation = Callable[[RunningServer], str]


@dataclasses.dataclass(frozen=True)
class Row:
    """A conversation with the server and its outcome under each engine.

    One that disturbs the server (kills, stops or reloads it) gets a server of its own, with two workers.
    """

    name: str
    conversation: Conversation
    outcomes: dict[str, str]
    """By engine; outcomes of which any may come have ``or`` between them."""
    because: str
    disturbs: bool


ROWS: list[Row] = []


def row(
    name: str, *, gunicorn: str, granian: str, because: str = "", disturbs: bool = False
) -> Callable[[Conversation], Conversation]:
    """Enter the conversation that follows into the table."""

    def enter(conversation: Conversation) -> Conversation:
        ROWS.append(Row(name, conversation, {"gunicorn": gunicorn, "granian": granian}, because, disturbs))
        return conversation

    return enter
