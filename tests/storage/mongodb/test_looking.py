"""The one command that reads the record and then the messages: what comes in between, and what bounds it."""

import contextlib
from unittest import mock

import pytest
from pymongo.errors import OperationFailure

from tests.builders import new_message, numbered_messages, queue_key
from tests.clock import MovableClock
from tests.conformance import mongomock_parts
from tests.conformance.acts import claim, everything, ids, listed, numbers, post
from tests.conformance.mongodb_rows import in_this_process
from tests.storage.mongodb.steps import replace_step
from zaqar.models import Stats
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.mongodb.messages import candidates, posting
from zaqar.storage.mongodb.messages.scope import scope_of

BEHIND_ALL = 2**53


@pytest.fixture
def split(monkeypatch):
    """A store whose one command can be come in between: after the record, before the messages.

    On mongomock, as servers let nobody in there on request.
    """
    with in_this_process(MovableClock()) as (open_message_store, _), contextlib.closing(open_message_store()) as store:
        usual = mongomock_parts.found_by_lookup

        def between(act):
            def found(*arguments):
                with monkeypatch.context() as patch:
                    patch.setattr(mongomock_parts, "found_by_lookup", usual)
                    act()
                return usual(*arguments)

            monkeypatch.setattr(mongomock_parts, "found_by_lookup", found)

        queue = queue_key()
        store.records.create(queue)
        yield store, queue, between
        monkeypatch.setattr(mongomock_parts, "found_by_lookup", usual)


def follow(store, queue, *, seen):
    """Return the numbers behind what was seen, page by page of two."""
    found = []
    while page := listed(store, queue, marker=seen, limit=2):
        found += numbers(page)
        seen = page[-1].id
    return found


def test_an_observer_skips_no_post_that_is_published_between_record_and_messages(split, monkeypatch):
    """W-M3, W-M4: neither one that was under way, nor one that was not begun."""
    store, queue, between = split
    (first,) = post(store, queue, new_message(b"0"))
    publish, pages = posting.publish, []

    def overtaken(*arguments):
        """While this post is under way, let others be posted behind it, and an observer read."""
        with monkeypatch.context() as patch:
            patch.setattr(posting, "publish", publish)
            post(store, queue, *numbered_messages(2, first=10))

            def finish():
                publish(*arguments)
                post(store, queue, *numbered_messages(2, first=20))

            between(finish)
            pages.append(listed(store, queue))
        return arguments[-1]

    with monkeypatch.context() as patch:
        replace_step(patch, store, posting, "publish", overtaken)
        post(store, queue, *numbered_messages(3, first=1))
    between(lambda: None)

    assert numbers(pages[0]) == [0]
    assert follow(store, queue, seen=pages[0][-1].id) == [1, 2, 3, 10, 11, 20, 21]
    assert follow(store, queue, seen=first) == [1, 2, 3, 10, 11, 20, 21]


@pytest.mark.parametrize("end", ["purge", "delete"])
def test_a_queue_that_is_emptied_between_record_and_messages_is_empty(split, end):
    store, queue, between = split
    post(store, queue, *numbered_messages(3))
    between(lambda: getattr(store.records, end)(queue))

    assert listed(store, queue) == []

    between(lambda: None)
    store.records.create(queue)
    assert everything(store, queue) == []
    posted = post(store, queue, new_message())
    assert ids(listed(store, queue)) == posted


def test_what_falls_due_between_the_pages_of_a_listing_is_on_one_of_them(store, queue, clock, monkeypatch):
    """Delayed ones are looked for first: the other way round, it would be on neither."""
    post(store, queue, new_message(b"0", delay=60), new_message(b"1"))
    more = candidates.more

    def later(*arguments, **keywords):
        clock.move(60)
        assert numbers(listed(store, queue)) == [0, 1]
        return more(*arguments, **keywords)

    replace_step(monkeypatch, store, candidates, "more", later)

    assert numbers(listed(store, queue, include_delayed=True)) == [0, 1]


def test_both_pages_of_a_listing_end_at_the_same_position(store, queue, monkeypatch):
    """Else a delayed message that was posted between them would be passed by."""
    posted = post(store, queue, new_message(b"0"))
    more = candidates.more

    def later(*arguments, **keywords):
        post(store, queue, new_message(b"1", delay=60), new_message(b"2"))
        assert len(everything(store, queue)) == 3
        return more(*arguments, **keywords)

    with monkeypatch.context() as patch:
        replace_step(patch, store, candidates, "more", later)
        assert ids(listed(store, queue, include_delayed=True)) == posted

    assert numbers(listed(store, queue, include_delayed=True, marker=posted[0])) == [1, 2]


def readings(store, queue):
    """Return what each way to read shows: the claims are released."""
    held = claim(store, queue)
    store.claims.release(queue, named(held.id))
    stats = store.records.stats(queue)
    ends = [] if stats.oldest is None else [stats.oldest.id, stats.newest.id]
    shown = [
        listed(store, queue, include_claimed=is_claimed, include_delayed=is_delayed)
        for is_claimed in (False, True)
        for is_delayed in (False, True)
    ]
    return [ids(held.messages), *map(ids, shown)], ends


def test_what_a_purge_has_not_removed_yet_is_not_shown(store, queue, data):
    first, second, third = post(store, queue, *numbered_messages(3))
    data.records.update_one({"_id": scope_of(queue)}, {"$set": {"floor": int(second[:14], 16)}})

    pages, ends = readings(store, queue)
    assert pages == [[second, third]] * 5
    assert ends == [second, third]
    assert ids(listed(store, queue, marker=first)) == [second, third]

    data.records.update_one({"_id": scope_of(queue)}, {"$set": {"floor": BEHIND_ALL}})
    assert readings(store, queue) == ([[]] * 5, [])
    assert store.records.stats(queue) == Stats()
    assert store.messages.pop(queue, limit=10) == []


def under_way(data, queue, *, after, deadline):
    """Enter a post of a process that never saw the queue, or saw it long ago."""
    entry = {"token": "0" * 16, "by": "1" * 16, "count": 1, "after": int(after[:14], 16), "deadline": deadline}
    data.records.update_one({"_id": scope_of(queue)}, {"$push": {"reservations": entry}})


def test_what_a_process_has_seen_published_stays_in_its_view(store, other, queue, data, clock):
    """A reservation says no more than that its positions are not before one; the reader may know better."""
    posted = post(store, queue, *numbered_messages(4))
    under_way(data, queue, after=posted[1], deadline=clock.now() + 60)

    assert readings(store, queue) == ([posted] * 5, [posted[0], posted[-1]])
    assert readings(other, queue) == ([posted[:1]] * 5, [posted[0], posted[0]])
    assert ids(store.messages.pop(queue, limit=10)) == posted


@pytest.mark.parametrize(
    "read",
    [
        lambda s, q: ids(listed(s, q)),
        lambda s, q: ids(everything(s, q)),
        lambda s, q: ids(listed(s, q, include_delayed=True)),
        lambda s, q: ids(claim(s, q).messages),
        lambda s, q: ids(s.messages.pop(q, limit=10)),
        lambda s, q: [s.records.stats(q).oldest.id, s.records.stats(q).newest.id],
    ],
)
def test_whoever_reads_removes_a_late_post_and_sees_what_is_behind_it(store, other, queue, data, clock, read):
    first, second = post(store, queue, *numbered_messages(2))
    under_way(data, queue, after=second, deadline=clock.now())

    assert read(other, queue) == [first, second]
    assert data.records.find_one({"_id": scope_of(queue)})["reservations"] == []


READERS = {
    "list": listed,
    "list with delayed": lambda store, queue: listed(store, queue, include_delayed=True),
    "claim": lambda store, queue: claim(store, queue).messages,
    "pop": lambda store, queue: store.messages.pop(queue, limit=10),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_page_may_be_longer_than_a_document(split, reader):
    """On mongomock, where our own lookup refuses what MongoDB refuses; the emulator would not mind."""
    store, queue, _ = split
    body = b'"' + b"x" * 6_000_000 + b'"'
    posted = [message_id for _ in range(3) for message_id in post(store, queue, new_message(body))]

    assert ids(READERS[reader](store, queue)) == posted


def test_what_is_named_may_be_longer_than_a_document(split):
    store, queue, _ = split
    body = b'"' + b"x" * 6_000_000 + b'"'
    posted = [message_id for _ in range(3) for message_id in post(store, queue, new_message(body))]
    assert ids(store.messages.get(queue, parse_ids(posted))) == posted

    held = claim(store, queue)

    assert ids(store.claims.get(queue, named(held.id)).messages) == posted
    store.records.purge(queue)
    assert store.messages.get(queue, parse_ids(posted)) == []


def test_an_error_that_is_none_of_size_is_not_hidden(store, queue, monkeypatch):
    post(store, queue, new_message())
    broken = OperationFailure("Unrecognized expression", code=168)
    monkeypatch.setattr(store.parts.session.database, "run", mock.Mock(side_effect=broken))

    with pytest.raises(OperationFailure):
        listed(store, queue)
