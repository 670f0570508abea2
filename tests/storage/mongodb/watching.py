"""What a server is asked, and what it answers: the commands of this thread, as PyMongo's monitor tells them."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pymongo import monitoring

_PARTS = {"updates": "q", "deletes": "q"}


@dataclass(frozen=True)
class Query:
    """One thing that a command looks for."""

    collection: str
    wanted: dict[str, Any]
    sort: dict[str, int] = field(default_factory=dict)
    limit: int | None = None

    @property
    def is_limited(self) -> bool:
        """Whether it says how many documents it can reach: those it names, those of a claim, or a limit."""
        return self.limit is not None or _names(self.wanted.get("_id")) or "claim" in self.wanted


@dataclass(frozen=True)
class Sent:
    """One command: one round trip."""

    name: str
    words: dict[str, Any]
    reply: dict[str, Any] = field(default_factory=dict)

    @property
    def collection(self) -> str:
        return self.words[self.name]

    @property
    def queries(self) -> list[Query]:
        """What the command looks for, once for each of its statements, and for each part of a pipeline."""
        if "pipeline" in self.words:
            return list(_of_pipeline(self.collection, self.words["pipeline"]))
        for part, key in _PARTS.items():
            if part in self.words:
                return [Query(self.collection, statement[key]) for statement in self.words[part]]
        found = self.words.get("filter", self.words.get("query"))
        limit = 1 if self.name == "findAndModify" else self.words.get("limit")
        return [] if found is None else [Query(self.collection, found, dict(self.words.get("sort") or {}), limit)]

    @property
    def reached(self) -> int:
        """How many documents were returned, inserted, changed or removed."""
        if "cursor" in self.reply:
            return sum(_size(answer) for answer in self.reply["cursor"]["firstBatch"])
        return int(self.reply["value"] is not None) if "value" in self.reply else int(self.reply.get("n", 0))

    @property
    def is_limited(self) -> bool:
        """Whether the command itself says how many documents it can reach."""
        return all(query.is_limited for query in self.queries)


class Watching(monitoring.CommandListener):
    """Listens to a client: ``with watch() as sent``."""

    def __init__(self) -> None:
        self._watched: dict[int, list[Sent]] = {}

    @contextlib.contextmanager
    def __call__(self) -> Iterator[list[Sent]]:
        sent: list[Sent] = []
        self._watched[threading.get_ident()] = sent
        try:
            yield sent
        finally:
            del self._watched[threading.get_ident()]

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if (sent := self._watched.get(threading.get_ident())) is not None:
            sent.append(Sent(event.command_name, dict(event.command)))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        if sent := self._watched.get(threading.get_ident()):
            sent[-1].reply.update(event.reply)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


def _names(condition: Any) -> bool:
    """Tell whether a condition on the key names documents, rather than a range of them."""
    return condition is not None and (not isinstance(condition, dict) or set(condition) == {"$in"})


def _of_pipeline(collection: str, pipeline: list[dict[str, Any]]) -> Iterator[Query]:
    """Return what the first stages find, and each ``$lookup``: a filter, an order and a limit, as a query has them."""
    wanted, *others = pipeline
    (sort, others) = _taken(others, "$sort", {})
    (limit, others) = _taken(others, "$limit", None)
    yield Query(collection, _without_expressions(wanted["$match"]), dict(sort), limit)
    for stage in others:
        for name, words in stage.items():
            assert name not in {"$match", "$sort", "$limit"}, "a part of a pipeline that no index serves"
            if name == "$lookup":
                yield from _of_pipeline(words["from"], words["pipeline"])


def _taken(stages: list[dict[str, Any]], name: str, otherwise: Any) -> tuple[Any, list[dict[str, Any]]]:
    return (stages[0][name], stages[1:]) if stages and name in stages[0] else (otherwise, stages)


def _without_expressions(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return a filter with comparisons of a field with a variable, which an index serves as if it were a value."""
    plain = {name: condition for name, condition in wanted.items() if name != "$expr"}
    for comparison in wanted.get("$expr", {}).get("$and", ()):
        ((operator, (name, variable)),) = comparison.items()
        assert name.startswith("$")
        assert variable.startswith("$$")
        condition = plain.get(name[1:], {})
        assert isinstance(condition, dict)
        plain[name[1:]] = condition | {operator: variable}
    return plain


def _size(answer: dict[str, Any]) -> int:
    """Return how many documents an answer holds: those that were looked up for it, or itself."""
    return sum(len(part) for name, part in answer.items() if isinstance(part, list) and name != "_id") or 1
