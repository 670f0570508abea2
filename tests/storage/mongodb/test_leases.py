"""Posts under way keep their places while their process lives, and lose them within seconds when it is gone."""

import contextlib

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import everything, ids, listed, numbers, post
from tests.integration.process import wait_until
from tests.parts import opened_with
from tests.storage.children import child
from tests.storage.mongodb.opening import message_store
from tests.storage.mongodb.steps import replace_step
from zaqar.storage.mongodb.driver import DRIVER, Options
from zaqar.storage.mongodb.messages import posting
from zaqar.storage.mongodb.messages.leases import LEASE, Leases
from zaqar.storage.mongodb.messages.scope import scope_of

LONGEST_WAIT = 5.0
"""Seconds that a dead producer may hold up readers."""


def held_up(monkeypatch, store, step, act):
    """Let something happen in the middle of the next post, before a step of it."""
    usual = getattr(posting, step)

    def later(*arguments):
        monkeypatch.setattr(posting, step, usual)
        act()
        return usual(*arguments)

    replace_step(monkeypatch, store, posting, step, later)


@pytest.mark.parametrize("step", ["insert", "publish"])
def test_a_slow_producer_that_lives_keeps_its_places(store, other, queue, clock, monkeypatch, step):
    def dawdle():
        post(other, queue, new_message(b"9"))
        for _ in range(30):
            clock.move(LEASE - 1)
            store.parts.session.leases.renew()
            assert listed(other, queue) == []

    held_up(monkeypatch, store, step, dawdle)

    posted = post(store, queue, *numbered_messages(3))

    assert numbers(everything(other, queue)) == [0, 1, 2, 9]
    assert ids(everything(other, queue))[:3] == posted


@pytest.mark.parametrize("step", ["insert", "publish"])
def test_a_producer_that_was_stopped_for_long_posts_once_behind_the_others(
    store, other, queue, clock, monkeypatch, step, data
):
    def stop():
        post(other, queue, new_message(b"9"))
        clock.move(LEASE)
        assert numbers(listed(other, queue)) == [9]

    held_up(monkeypatch, store, step, stop)

    posted = post(store, queue, *numbered_messages(3))

    assert numbers(everything(other, queue)) == [9, 0, 1, 2]
    assert ids(everything(other, queue))[1:] == posted
    assert other.records.stats(queue).total == data.messages.count_documents({"state": "ready"}) == 4


def test_a_producer_that_is_too_slow_for_a_lease_is_given_a_longer_one(store, queue, data, clock, monkeypatch):
    leases = []

    def stop(step):
        (entry,) = data.records.find_one({"_id": scope_of(queue)})["reservations"]
        leases.append(entry["deadline"] - clock.now())
        clock.move(leases[-1])
        listed(store, queue)
        if len(leases) < 4:
            held_up(monkeypatch, store, "publish", lambda: stop(step))

    held_up(monkeypatch, store, "publish", lambda: stop("publish"))

    post(store, queue, *numbered_messages(3))

    assert leases == [LEASE, 4 * LEASE, 60, 60]
    assert numbers(everything(store, queue)) == [0, 1, 2]


def test_renewing_brings_no_place_back(store, queue, data, clock, monkeypatch):
    def renew_late():
        clock.move(LEASE)
        assert listed(store, queue) == []
        store.parts.session.leases.renew()
        assert data.records.find_one({"_id": scope_of(queue)})["reservations"] == []

    held_up(monkeypatch, store, "publish", renew_late)

    post(store, queue, *numbered_messages(3))

    assert numbers(everything(store, queue)) == [0, 1, 2]


def test_all_posts_of_a_process_are_renewed_with_one_command(store, queue, watch, clock):
    leases = Leases(store.parts.session.database, clock, longest=60)
    with contextlib.ExitStack() as posts:
        for number in range(20):
            posts.enter_context(leases.held(scope_of(queue), f"{number:016x}", seconds=LEASE))
        with watch() as sent:
            leases.renew()
        leases.stop()

    assert [each.name for each in sent] == ["update"]
    with watch() as sent:
        leases.renew()
    assert sent == []


@pytest.mark.parametrize("step", ["insert", "publish"])
def test_a_process_killed_in_the_middle_of_a_post_holds_up_readers_for_seconds(server, name, step):
    """By the server's own time, as the service runs."""

    def die_in_mid_post(me):
        dying = opened_with(DRIVER.parts(Options(uri=server.uri, database=name), None))
        post(dying, queue, new_message(b"0"))

        def stop(*_arguments):
            me.say()
            me.wait()

        setattr(posting, step, stop)
        post(dying, queue, *numbered_messages(3, first=10))

    queue = queue_key()
    with contextlib.closing(message_store(server.uri, database=name)) as store:
        store.records.create(queue)
        with child(die_in_mid_post) as producer:
            producer.wait()
            post(store, queue, new_message(b"1"))
            assert numbers(listed(store, queue)) == [0]
            producer.kill()

            wait_until(
                lambda: numbers(listed(store, queue)) == [0, 1],
                seconds=LONGEST_WAIT,
                what="what is behind the dead post",
            )
