"""A whole answer over HTTP: status, headers and body."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @cached_property
    def body(self) -> Any:
        """The document; None when there is none. Python's NaN and Infinity are no JSON."""
        return json.loads(self.data, parse_constant=_refuse) if self.data else None

    @property
    def location(self) -> str:
        """Where the new thing is."""
        return self.headers["location"]

    @property
    def error(self) -> tuple[int, str]:
        """Status and title of a refusal."""
        return self.status, self.body["title"]

    @property
    def ids(self) -> list[str]:
        """The ids of the messages posted or shown."""
        hrefs = self.body.get("resources") or [message["href"] for message in self.body["messages"]]
        return [href.rsplit("/", 1)[-1].partition("?")[0] for href in hrefs]

    @property
    def bodies(self) -> list[Any]:
        """What was in the messages shown."""
        return [message["body"] for message in self.body["messages"]]

    @property
    def claim_id(self) -> str:
        """The claim under which the first message is shown, found as clients find it (http K-2)."""
        href: str = self.body["messages"][0]["href"]
        return href.rsplit("=", 1)[-1]

    @property
    def names(self) -> list[str]:
        """The names of the queues shown."""
        return [queue["name"] for queue in self.body["queues"]]
