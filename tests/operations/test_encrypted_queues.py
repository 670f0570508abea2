"""Queues whose messages are encrypted in the store, and what becomes of them when keys come and go."""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clock import MovableClock
from zaqar import config, deploy
from zaqar.context import Context
from zaqar.errors import Invalid, InvalidBody, Unavailable
from zaqar.models import PostedMessage, QueueKey
from zaqar.operations import Operations
from zaqar.storage.sql.messages.messages import QueueMessages

CALLER = Context("p", "3381af92-2b9e-11e3-b191-71861300734c", "req-1")
QUEUE, DEAD = QueueKey("p", "q"), QueueKey("p", "dead")
ENCRYPTED = {"_enable_encrypt_messages": True}
OLD = "message_encryption_keys = 2026:an-old-key-of-the-tests\n"
BOTH = "message_encryption_keys = 2027:a-new-key-of-the-tests, 2026:an-old-key-of-the-tests\n"
NEW = "message_encryption_keys = 2027:a-new-key-of-the-tests\n"
SINGLE = "message_encryption_key = a-single-key-of-the-tests\n"
BODIES = (b'"text"', b"null", b"17", b"[1, 2.50]", b'{ "b":1, "a": "\xc3\xa9" }', b'""', b"true")

Served = Callable[[str], Operations]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def served(tmp_path: Path, clock: MovableClock) -> Iterator[Served]:
    """Make operations with these options of ``[transport]``, each time on the same data."""
    with contextlib.ExitStack() as services:

        def serve(options: str) -> Operations:
            path = tmp_path / "zaqar.conf"
            path.write_text(
                f"[DEFAULT]\nenable_checksum = true\nqueue_cache_time = 0\n[transport]\n{options}"
                f"[drivers:message_store:sqlalchemy]\nuri = sqlite:///{tmp_path}/zaqar.db\nsynchronous = NORMAL\n"
            )
            conf = config.load(files=[str(path)])
            deploy.prepare(conf)
            service = deploy.service(conf, clock=clock)
            services.callback(service.close)
            return service.operations

        yield serve


def _post(all_: Operations, *bodies: bytes, queue: QueueKey = QUEUE, ttl: int | None = None) -> list[str]:
    posted = [PostedMessage(body, ttl) for body in bodies]
    return list(all_.messages.post(CALLER, queue, posted, size=1))


def _bodies(all_: Operations, queue: QueueKey = QUEUE) -> list[bytes]:
    return [message.body for message in all_.messages.list(CALLER, queue, echo=True, include_claimed=True)]


def _stored(folder: Path) -> list[bytes]:
    with contextlib.closing(sqlite3.connect(folder / "zaqar.db")) as database:
        return [bytes(body) for (body,) in database.execute("SELECT body FROM messages ORDER BY position")]


def _claim(all_: Operations, limit: int = 10):
    return all_.claims.create(CALLER, QUEUE, ttl=None, grace=None, limit=limit)


def test_every_view_shows_what_was_posted_and_the_store_has_none_of_it(served, tmp_path):
    """notifications E-5, E-7, E-8; http M-46, M-50, C-9"""
    all_ = served(OLD)
    all_.queues.create(CALLER, QUEUE, ENCRYPTED)
    ids = _post(all_, *BODIES)

    assert all(body.startswith(b"\x01\x042026") for body in _stored(tmp_path))
    assert _bodies(all_) == list(BODIES)
    assert [all_.messages.get(CALLER, QUEUE, each).body for each in ids] == list(BODIES)
    assert [message.body for message in all_.messages.get_many(CALLER, QUEUE, ids)] == list(BODIES)
    claim = _claim(all_)
    assert [message.body for message in claim.messages] == list(BODIES)
    assert [message.body for message in all_.claims.get(CALLER, QUEUE, claim.id).messages] == list(BODIES)
    all_.claims.release(CALLER, QUEUE, claim.id)
    assert [message.body for message in all_.messages.pop(CALLER, QUEUE, 20)] == list(BODIES)


def test_everything_else_of_a_message_stays_as_it_is(served):
    """http M-49: the checksum is that of the posted body."""
    all_ = served(OLD)
    all_.queues.create(CALLER, QUEUE, ENCRYPTED)
    _post(all_, *BODIES, ttl=100)
    _post(all_, *BODIES, ttl=100, queue=DEAD)

    pairs = [
        [
            (message.body, message.ttl, message.age, message.checksum)
            for message in all_.messages.list(CALLER, queue, echo=True)
        ]
        for queue in (QUEUE, DEAD)
    ]

    assert pairs[0] == pairs[1]
    assert pairs[0][0][3] is not None


def test_the_flag_may_change_while_the_queue_holds_messages(served, tmp_path):
    """http M-51, notifications E-12"""
    all_ = served(OLD)
    for value in (False, True, False):
        all_.queues.create(CALLER, QUEUE, {})
        all_.queues.update(CALLER, QUEUE, [{"op": "add", "path": "/metadata/_enable_encrypt_messages", "value": value}])
        _post(all_, json.dumps(value).encode())

    assert [body.startswith(b"\x01") for body in _stored(tmp_path)] == [False, True, False]
    assert _bodies(all_) == [b"false", b"true", b"false"]


@pytest.mark.parametrize("options", ["", "message_encryption_key = AES256\n", "message_encryption_key =\n"])
def test_without_a_key_encryption_cannot_be_switched_on(served, options):
    """notifications E-6, http O-6"""
    all_ = served(options)
    patch = [{"op": "add", "path": "/metadata/_enable_encrypt_messages", "value": True}]

    with pytest.raises(Invalid, match="key"):
        all_.queues.create(CALLER, QUEUE, ENCRYPTED)
    all_.queues.create(CALLER, QUEUE, {})
    with pytest.raises(InvalidBody, match="key"):
        all_.queues.update(CALLER, QUEUE, patch)


def test_a_single_key_has_the_id_default(served, tmp_path):
    """notifications E-5"""
    all_ = served(SINGLE)
    all_.queues.create(CALLER, QUEUE, ENCRYPTED)
    _post(all_, b"1")

    assert _stored(tmp_path)[0].startswith(b"\x01\x07default")
    assert _bodies(served(BOTH + SINGLE)) == [b"1"]


def test_a_new_key_takes_over_while_the_old_one_still_reads(served, tmp_path):
    """notifications E-14"""
    old = served(OLD)
    old.queues.create(CALLER, QUEUE, ENCRYPTED)
    _post(old, b"1")
    both = served(BOTH)
    _post(both, b"2")

    assert _bodies(both) == [b"1", b"2"]
    assert [body[2:6] for body in _stored(tmp_path)] == [b"2026", b"2027"]
    with pytest.raises(Unavailable):
        _bodies(served(NEW))
    both.messages.pop(CALLER, QUEUE, 1)
    assert _bodies(served(NEW)) == [b"2"]


def test_dead_letters_move_without_being_decrypted(served, tmp_path):
    old = served(OLD)
    rule = {"_max_claim_count": 1, "_dead_letter_queue": "dead"}
    old.queues.create(CALLER, QUEUE, {**ENCRYPTED, **rule})
    _post(old, b'"poison"')
    before = _stored(tmp_path)
    claim = _claim(old)
    old.claims.release(CALLER, QUEUE, claim.id)

    _claim(old)

    assert _bodies(old) == []
    assert _bodies(old, DEAD) == [b'"poison"']
    assert _stored(tmp_path) == before


def test_a_message_whose_key_is_gone_fails_its_call_and_stays(served, caplog):
    all_ = served(OLD)
    all_.queues.create(CALLER, QUEUE, {**ENCRYPTED, "_max_claim_count": 3, "_dead_letter_queue": "dead"})
    (message_id, *_) = _post(all_, b"1", b"2", b"3")
    without = served("")

    calls = {
        "get": lambda: without.messages.get(CALLER, QUEUE, message_id),
        "get_many": lambda: without.messages.get_many(CALLER, QUEUE, [message_id]),
        "list": lambda: _bodies(without),
        "claim": lambda: _claim(without),
        "claim again": lambda: _claim(without),
        "and again": lambda: _claim(without),
        "and again and again": lambda: _claim(without),
        "pop": lambda: without.messages.pop(CALLER, QUEUE, 2),
        "pop again": lambda: without.messages.pop(CALLER, QUEUE, 2),
    }
    for call in calls.values():
        with pytest.raises(Unavailable, match="cannot be decrypted") as raised:
            call()
        assert "2026" in repr(raised.value.__cause__)

    assert _bodies(all_) == [b"1", b"2", b"3"]
    assert _bodies(all_, DEAD) == []
    assert all_.queues.stats(CALLER, QUEUE).claimed == 0
    assert [message.claim_count for message in all_.messages.list(CALLER, QUEUE, echo=True)] == [0, 0, 0]
    assert without.messages.delete(CALLER, QUEUE, message_id, claim_id=None) is None
    assert caplog.records == []


def test_what_cannot_be_read_does_not_become_a_dead_letter(served):
    """Not even where each process meets it for the first time."""
    all_ = served(OLD)
    all_.queues.create(CALLER, QUEUE, {**ENCRYPTED, "_max_claim_count": 1, "_dead_letter_queue": "dead"})
    _post(all_, b"1", b"2")

    for _ in range(3):
        with pytest.raises(Unavailable):
            _claim(served(""))

    assert [(m.body, m.claim_count) for m in all_.messages.list(CALLER, QUEUE, echo=True)] == [(b"1", 0), (b"2", 0)]
    assert _bodies(all_, DEAD) == []


def test_the_first_call_that_takes_what_it_cannot_read_gives_it_back(served, clock):
    """A process learns of a missing key by meeting its messages: the claim is released, what was popped is put back."""
    all_ = served(OLD)
    all_.queues.create(CALLER, QUEUE, ENCRYPTED)
    _post(all_, b"1", b"2", b"3", ttl=600)
    with pytest.raises(Unavailable):
        served("").messages.pop(CALLER, QUEUE, 2)
    assert [message.body for message in all_.messages.list(CALLER, QUEUE, echo=True)] == [b"1", b"2", b"3"]
    # Nothing tells a process beforehand that there is anything encrypted.
    all_.queues.update(CALLER, QUEUE, [{"op": "remove", "path": "/metadata/_enable_encrypt_messages"}])
    clock.move(100)

    with pytest.raises(Unavailable):
        _claim(served(""))
    assert all_.queues.stats(CALLER, QUEUE).claimed == 0
    with pytest.raises(Unavailable):
        served("").messages.pop(CALLER, QUEUE, 2)

    assert [(message.body, message.ttl - message.age) for message in all_.messages.list(CALLER, QUEUE, echo=True)] == [
        (b"3", 500),
        (b"1", 500),
        (b"2", 500),
    ]
    # They are nobody's own, so that nobody is kept from seeing them.
    assert len(all_.messages.list(CALLER, QUEUE)) == 2


def test_what_is_readable_again_is_taken_again(served):
    all_ = served(OLD)
    all_.queues.create(CALLER, QUEUE, ENCRYPTED)
    (first,) = _post(all_, b"1")
    mixed = served(NEW)
    with pytest.raises(Unavailable):
        _claim(mixed)
    _post(mixed, b"2")
    with pytest.raises(Unavailable):
        _claim(mixed)

    all_.messages.delete(CALLER, QUEUE, first, claim_id=None)

    assert [message.body for message in _claim(mixed).messages] == [b"2"]


def test_messages_lost_between_their_queue_and_a_store_that_is_away_are_told_of(served, monkeypatch, caplog):
    all_ = served(OLD)
    all_.queues.create(CALLER, QUEUE, ENCRYPTED)
    _post(all_, b"1", b"2")
    all_.queues.update(CALLER, QUEUE, [{"op": "remove", "path": "/metadata/_enable_encrypt_messages"}])
    without = served("")

    def away(*_, **__):
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(QueueMessages, "post", away)
    with pytest.raises(Unavailable, match="cannot be decrypted"):
        without.messages.pop(CALLER, QUEUE, 2)

    (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert "2 messages popped from the queue q" in record.getMessage()


def test_an_encrypted_queue_takes_no_plain_text_when_its_key_is_gone(served, tmp_path):
    served(OLD).queues.create(CALLER, QUEUE, ENCRYPTED)
    without = served("")

    with pytest.raises(Unavailable, match="cannot be encrypted"):
        _post(without, b"1")
    assert _stored(tmp_path) == []
    shown = without.queues.update(CALLER, QUEUE, [{"op": "add", "path": "/metadata/owner", "value": "ann"}])
    assert (shown["owner"], shown["_enable_encrypt_messages"]) == ("ann", True)
    without.queues.update(CALLER, QUEUE, [{"op": "remove", "path": "/metadata/_enable_encrypt_messages"}])
    _post(without, b"1")
    assert _bodies(without) == [b"1"]
