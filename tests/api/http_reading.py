"""Answers over HTTP read as outcomes. Each is held against the form that all answers of its kind have."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from tests.api.http_answer import Answer
from tests.api.outcomes import (
    Claim,
    Claimed,
    Created,
    Done,
    Mark,
    Message,
    Messages,
    Metadata,
    Page,
    Posted,
    Queue,
    QueuePage,
    Refusal,
    Shown,
    Stats,
)
from zaqar import errors

T = TypeVar("T")
Follow = Callable[[str], Answer]
"""Asks for what a link leads to."""

REFUSALS: dict[tuple[int, str], type[errors.Error]] = {
    (400, "Invalid API request"): errors.Invalid,
    (400, "Invalid request body"): errors.InvalidBody,
    (400, "Invalid parameter"): errors.InvalidParameter,
    (400, "Invalid queue identification"): errors.InvalidQueueName,
    (400, "Invalid topic identification"): errors.InvalidTopicName,
    (400, "Unable to delete"): errors.ClaimNotHeld,
    (403, "Not authorized"): errors.Forbidden,
    (403, "Unable to delete"): errors.MessageClaimed,
    (404, "Not found"): errors.NotFound,
    (409, "Resource conflict"): errors.Conflict,
    (503, "Service temporarily unavailable"): errors.Unavailable,
}
"""Status and title of each kind of error (http section 3.6), written out: the service's own table is under test."""


def outcome(answer: Answer, read: Callable[[Answer], T]) -> T | Refusal:
    """Return the refusal, or else what ``read`` makes of the answer."""
    if answer.status < 400:
        return read(answer)
    assert set(answer.body) == {"title", "description"}, answer
    assert answer.error in REFUSALS, answer
    return Refusal(REFUSALS[answer.error], answer.body["description"])


def done(answer: Answer) -> Done:
    assert (answer.status, answer.data) == (204, b"")
    return Done()


def created(name: str, answer: Answer) -> Created:
    assert answer.status in {201, 204}
    assert (answer.location, answer.data) == (f"/v2/queues/{name}", b"")
    return Created(is_new=answer.status == 201)


def metadata(answer: Answer) -> Metadata:
    return Metadata(_document(answer))


def queue_page(follow: Follow, answer: Answer) -> QueuePage:
    document = _document(answer)
    assert document.keys() - {"count"} == {"queues", "links"}
    assert document.get("count", 1) > 0
    found = [_queue(one) for one in document["queues"]]
    return QueuePage(found, document.get("count"), _next(document, follow, partial(queue_page, follow)))


def stats(queue: str, answer: Answer) -> Stats:
    counters = dict(_document(answer, "messages")["messages"])
    for end in {"oldest", "newest"} & counters.keys():
        counters[end] = _mark(queue, counters[end])
    return Stats(**counters)


def posted(queue: str, answer: Answer) -> Posted:
    hrefs = _document(answer, "resources", status=201)["resources"]
    return Posted([_id_in(queue, href) for href in hrefs])


def page(queue: str, follow: Follow, answer: Answer) -> Page:
    document = _document(answer, "messages", "links")
    return Page(_messages(queue, document), _next(document, follow, partial(page, queue, follow)))


def shown(queue: str, answer: Answer) -> Shown:
    return Shown(_message(queue, _document(answer)))


def messages(queue: str, answer: Answer) -> Messages:
    return Messages(_messages(queue, _document(answer, "messages")))


def popped(answer: Answer) -> Messages:
    names = {"id", "ttl", "age", "body", "claim_id", "claim_count"}
    return Messages([Message(**_members(one, names)) for one in _document(answer, "messages")["messages"]])


def claimed(queue: str, answer: Answer) -> Claimed:
    if answer.status == 204:
        assert answer.data == b""
        assert "location" not in answer.headers
        return Claimed([], None)
    found = _messages(queue, _document(answer, "messages", status=201))
    (claim_id,) = {message.claim_id for message in found}
    assert answer.location == f"/v2/queues/{queue}/claims/{claim_id}"
    return Claimed(found, claim_id)


def claim(queue: str, claim_id: str, answer: Answer) -> Claim:
    document = _document(answer, "age", "ttl", "messages", "href")
    assert document["href"] == f"/v2/queues/{queue}/claims/{claim_id}"
    found = _messages(queue, document)
    assert {message.claim_id for message in found} == {claim_id}
    return Claim(found, document["ttl"], document["age"])


def _document(answer: Answer, *members: str, status: int = 200) -> Any:
    """Return the document; where ``members`` are named, it has these and no others."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
    assert not members or answer.body.keys() == set(members)
    return answer.body


def _next(document: Any, follow: Follow, read: Callable[[Answer], T]) -> Callable[[], T | Refusal] | None:
    if not document["links"]:
        return None
    (link,) = document["links"]
    assert link["rel"] == "next"
    return lambda: outcome(follow(link["href"]), read)


def _queue(document: dict[str, Any]) -> Queue:
    assert document.keys() - {"metadata"} == {"name", "href"}
    assert document["href"] == f"/v2/queues/{document['name']}"
    return Queue(document["name"], document.get("metadata"))


def _mark(queue: str, document: dict[str, Any]) -> Mark:
    assert document.keys() == {"href", "age", "created"}
    return Mark(_id_in(queue, document["href"]), document["age"], document["created"])


def _messages(queue: str, document: dict[str, Any]) -> list[Message]:
    return [_message(queue, one) for one in document["messages"]]


def _message(queue: str, document: dict[str, Any]) -> Message:
    members = _members(document, {"id", "href", "ttl", "age", "body"})
    href, separator, claim_id = members.pop("href").partition("?claim_id=")
    assert _id_in(queue, href) == members["id"]
    assert bool(separator) == bool(claim_id)
    return Message(**members, claim_id=claim_id or None)


def _members(document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    assert document.keys() - {"checksum"} == names
    assert document.get("checksum", "absent") is not None
    return dict(document)


def _id_in(queue: str, href: str) -> str:
    path = f"/v2/queues/{queue}/messages/"
    assert href.startswith(path)
    return href.removeprefix(path)
