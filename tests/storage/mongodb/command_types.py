"""The documented types of what a command is made of: MongoDB refuses others, and stand-ins may not.

After MongoDB's manual, "Database Commands": the fields that the driver and PyMongo send, and no more. A field that is not
in the tables counts as wrong: whoever sends it looks up its type and enters it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

STRING, OBJECT, ARRAY = "string", "object", "array"
BOOL, INT, NUMBER, ANY = "bool", "int", "number", "any"
HINT = (STRING, OBJECT)

COMMON = {
    "$db": STRING,
    "$readPreference": OBJECT,
    "$clusterTime": OBJECT,
    "lsid": OBJECT,
    "txnNumber": INT,
    "writeConcern": OBJECT,
    "readConcern": OBJECT,
    "maxTimeMS": INT,
    "comment": ANY,
}

COMMANDS: Mapping[str, Mapping[str, str | tuple[str, ...]]] = {
    "aggregate": {"aggregate": STRING, "pipeline": ARRAY, "cursor": OBJECT, "hint": HINT, "let": OBJECT},
    "buildInfo": {"buildInfo": INT},
    "count": {"count": STRING, "query": OBJECT, "limit": INT, "hint": HINT},
    "createIndexes": {"createIndexes": STRING, "indexes": ARRAY},
    "delete": {"delete": STRING, "deletes": ARRAY, "ordered": BOOL},
    "distinct": {"distinct": STRING, "key": STRING, "query": OBJECT},
    "dropDatabase": {"dropDatabase": INT},
    "endSessions": {"endSessions": ARRAY},
    "find": {
        "find": STRING,
        "filter": OBJECT,
        "sort": OBJECT,
        "projection": OBJECT,
        "hint": HINT,
        "skip": INT,
        "limit": INT,
        "batchSize": INT,
        "singleBatch": BOOL,
    },
    "findAndModify": {
        "findAndModify": STRING,
        "query": OBJECT,
        "sort": OBJECT,
        "remove": BOOL,
        "update": (OBJECT, ARRAY),
        "new": BOOL,
        "fields": OBJECT,
        "upsert": BOOL,
        "hint": HINT,
    },
    "getMore": {"getMore": INT, "collection": STRING, "batchSize": INT},
    "hello": {"hello": INT},
    "insert": {"insert": STRING, "documents": ARRAY, "ordered": BOOL},
    "isMaster": {"isMaster": INT},
    "killCursors": {"killCursors": STRING, "cursors": ARRAY},
    "listCollections": {"listCollections": INT, "filter": OBJECT, "nameOnly": BOOL, "cursor": OBJECT},
    "listIndexes": {"listIndexes": STRING, "cursor": OBJECT},
    "ping": {"ping": INT},
    "replSetGetConfig": {"replSetGetConfig": INT},
    "update": {"update": STRING, "updates": ARRAY, "ordered": BOOL},
}

STATEMENTS: Mapping[str, Mapping[str, str | tuple[str, ...]]] = {
    "updates": {"q": OBJECT, "u": (OBJECT, ARRAY), "multi": BOOL, "upsert": BOOL, "hint": HINT},
    "deletes": {"q": OBJECT, "limit": INT, "hint": HINT},
    "documents": {},
    "indexes": {
        "key": OBJECT,
        "name": STRING,
        "unique": BOOL,
        "expireAfterSeconds": NUMBER,
        "partialFilterExpression": OBJECT,
    },
}
"""What the elements of these arrays have; documents that are inserted may have anything."""

STAGES: Mapping[str, str] = {
    "$match": OBJECT,
    "$sort": OBJECT,
    "$limit": INT,
    "$project": OBJECT,
    "$group": OBJECT,
    "$lookup": OBJECT,
    "$unwind": STRING,
    "$replaceRoot": OBJECT,
}

LOOKUP = {"from": STRING, "let": OBJECT, "pipeline": ARRAY, "as": STRING}

CONDITIONS: Mapping[str, str | tuple[str, ...]] = {
    "$in": ARRAY,
    "$nin": ARRAY,
    "$and": ARRAY,
    "$or": ARRAY,
    "$exists": BOOL,
    "$regex": STRING,
    "$not": OBJECT,
    "$expr": OBJECT,
} | dict.fromkeys(("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"), ANY)

CHANGES = dict.fromkeys(("$set", "$unset", "$inc", "$max", "$min", "$push", "$pull"), OBJECT)


_TYPES: tuple[tuple[Any, str], ...] = (
    (bool, BOOL),  # before int, of which it is one
    (int, INT),
    (float, "double"),
    (str, STRING),
    (Mapping, OBJECT),
    ((list, tuple), ARRAY),
)


def wrong_types(command: Mapping[str, Any]) -> list[str]:
    """Return a line for each part of a command that is not of the type that MongoDB documents."""
    name = next(iter(command))
    if name not in COMMANDS:
        return [f"{name}: no command of the table"]
    return [f"{name}: {line}" for line in _of_command(command, COMMANDS[name])]


def _of_command(command: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[str]:
    yield from _of_fields(command, {**COMMON, **fields})
    for part, words in STATEMENTS.items():
        for statement in _elements(command, part):
            if words:
                yield from _of_fields(statement, words)
            yield from _of_filter(statement.get("q"))
            yield from _of_change(statement.get("u"))
    yield from _of_filter(command.get("filter", command.get("query")))
    yield from _of_change(command.get("update") if "findAndModify" in command else None)
    yield from _of_pipeline(_elements(command, "pipeline"))


def _elements(whole: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = whole.get(name, [])
    return list(found) if _type(found) == ARRAY else []


def _of_fields(whole: Mapping[str, Any], types: Mapping[str, Any]) -> Iterator[str]:
    for name, value in whole.items():
        wanted = types.get(name)
        if wanted is None:
            yield f"{name} is no field of the table"
        elif not _is(value, wanted):
            yield f"{name} is of type {_type(value)}, not {wanted}"


def _of_filter(wanted: Any) -> Iterator[str]:
    """Look at the operators of a filter, those of parts among them."""
    if _type(wanted) != OBJECT:
        return
    for name, condition in wanted.items():
        if name.startswith("$"):
            yield from _of_fields({name: condition}, CONDITIONS)
        if name in {"$and", "$or"}:
            for part in condition:
                yield from _of_filter(part)
        elif name != "$expr":
            yield from _of_filter(condition)


def _of_change(change: Any) -> Iterator[str]:
    if _type(change) == OBJECT:
        yield from _of_fields(change, CHANGES)


def _of_pipeline(stages: list[Mapping[str, Any]]) -> Iterator[str]:
    for stage in stages:
        yield from _of_fields(stage, STAGES)
        yield from _of_filter(stage.get("$match"))
        if "$lookup" in stage:
            yield from _of_fields(stage["$lookup"], LOOKUP)
            yield from _of_pipeline(_elements(stage["$lookup"], "pipeline"))


def _is(value: Any, wanted: str | tuple[str, ...]) -> bool:
    kinds = wanted if isinstance(wanted, tuple) else (wanted,)
    found = _type(value)
    return ANY in kinds or found in kinds or (NUMBER in kinds and found in {INT, "double"})


def _type(value: Any) -> str:
    """Return the name of the BSON type that a value is encoded as."""
    return next((name for types, name in _TYPES if isinstance(value, types)), type(value).__name__)
