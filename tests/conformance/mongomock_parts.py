"""What mongomock lacks of what the driver asks of MongoDB, added while a row of it is open.

``$lookup`` with ``let`` and ``pipeline``: the variables are put into the inner pipeline in place of their names, one outer
document after the other; what gets larger than 16 MB is refused. And a ``hint`` for a deletion, which says what index is to
be used, and so changes no result; and the ``sort`` that PyMongo names with each update of a bulk, which is none here.

What it has and MongoDB has not: it removes what a TTL index lets expire before it reads anything, by looking at every
document. MongoDB does that once a minute, so here it does not happen at all.
"""

import contextlib
import copy
from collections.abc import Iterator
from unittest import mock

import bson
import mongomock.collection
import mongomock.store
from mongomock import aggregate
from pymongo.errors import OperationFailure

MOST_BYTES = 16 * 1024 * 1024


@contextlib.contextmanager
def added() -> Iterator[None]:
    """Let mongomock have them until the block ends."""
    collection = mongomock.collection.Collection
    bulk = mongomock.collection.BulkOperationBuilder
    delete, update = collection.delete_many, bulk.add_update

    def update_of_bulk(builder, *words, sort=None, **options):
        assert sort is None
        return update(builder, *words, **options)

    with (
        mock.patch.dict(aggregate._PIPELINE_HANDLERS, {"$lookup": _lookup}),
        mock.patch.object(collection, "delete_many", lambda self, wanted, hint=None: delete(self, wanted)),
        mock.patch.object(bulk, "add_update", update_of_bulk),
        mock.patch.object(mongomock.store.CollectionStore, "_remove_expired_documents", return_value=None),
    ):
        yield


def _lookup(outer, database, options):
    return [_checked(document | {options["as"]: found_by_lookup(document, database, options)}) for document in outer]


def _checked(document):
    """Refuse a document that MongoDB could not return."""
    if (size := len(bson.encode(document))) > MOST_BYTES:
        raise OperationFailure(f"BSONObj size: {size} is invalid. Size must be between 0 and {MOST_BYTES}", code=10334)
    return document


def found_by_lookup(document, database, options):
    values = {
        f"$${name}": aggregate._parse_expression(expression, document, ignore_missing_keys=True)
        for name, expression in options["let"].items()
    }
    inner = _replaced(options["pipeline"], values)
    # Of a whole collection, as it stands, most of the time would go into the copies of what does not match.
    matching = list(database[options["from"]].find(inner[0].get("$match")))
    return copy.deepcopy(list(aggregate.process_pipeline(matching, database, inner, None)))


def _replaced(part, values):
    """Return a part of a pipeline with values for the names of variables."""
    if isinstance(part, dict):
        return {key: _replaced(each, values) for key, each in part.items()}
    if isinstance(part, (list, tuple)):
        return [_replaced(each, values) for each in part]
    return values.get(part, part) if isinstance(part, str) else part
