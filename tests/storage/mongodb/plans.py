"""Which declared index serves a command: the emulator has no query plans, so MongoDB's rules are applied by hand.

Equality on the first keys of an index, then at most one key with a range or with the order of the answer.
"""

from collections.abc import Iterable

from tests.storage.mongodb.watching import Sent
from zaqar.storage.mongodb.schema import MANAGEMENT_STORE, MESSAGE_STORE, Index

KEY = "_id"


def _is_range(condition):
    return isinstance(condition, dict) and any(word in condition for word in ("$gt", "$gte", "$lt", "$lte"))


def _is_equality(condition):
    return not isinstance(condition, dict) or set(condition) == {"$in"}


def _names_one(index: Index, wanted) -> bool:
    return all(key in wanted and _is_equality(wanted[key]) for key in index.keys)


def serves(index: Index, wanted, sort) -> bool:
    """Tell whether the index bounds what is looked at, and gives the order that is asked for."""
    if index.only_with is not None and index.only_with not in wanted:
        return False
    keys = list(index.keys)
    equal = 0
    while equal < len(keys) and keys[equal] in wanted and _is_equality(wanted[keys[equal]]):
        equal += 1
    following = keys[equal] if equal < len(keys) else None
    is_bounded = equal > 0 or (following in wanted and _is_range(wanted[following]))
    return is_bounded and (not sort or list(sort) == [following])


def plans(sent: Iterable[Sent]) -> list[str]:
    """Return for each thing that a command looks for the index that serves it, or its text where none does."""
    found = []
    for each in sent:
        for query in each.queries:
            if KEY in query.wanted and query.sort in ({}, {KEY: 1}):
                found.append(KEY)
                continue
            declared = [index for index in (*MESSAGE_STORE, *MANAGEMENT_STORE) if index.collection == query.collection]
            # The planner takes those with fewer entries, and of these one of which it needs no range.
            declared.sort(key=lambda index: (index.only_with is None, not _names_one(index, query.wanted)))
            served = next((index.name for index in declared if serves(index, query.wanted, query.sort)), None)
            found.append(served or f"{each.name} {query}")
    return found
