"""Tokens for trusts: when they are asked for, and how long they are kept."""

import asyncio

import pytest

from zaqar.errors import TrustLost, Unavailable
from zaqar.notification import tokens
from zaqar.notification.tokens import Tokens


class Keystone:
    """Gives a new token each time, or what a test wants it to do."""

    def __init__(self):
        self.time = 0.0
        self.asked = []
        self.seconds = 3600.0
        self.error = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def ask(self, trust_id):
        self.asked.append(trust_id)
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return f"{trust_id}-{len(self.asked)}", self.seconds

    def tokens(self):
        return Tokens(self.ask, monotonic=lambda: self.time)


def run(conversation):
    async def talk():
        keystone = Keystone()
        await conversation(keystone, keystone.tokens())

    asyncio.run(talk())


def test_a_token_is_kept_until_a_minute_before_its_end():
    async def conversation(keystone, kept):
        first = await kept.get("a")
        keystone.time = 3539.0
        assert await kept.get("a") == first
        keystone.time = 3540.0
        assert await kept.get("a") != first
        assert keystone.asked == ["a", "a"]

    run(conversation)


def test_a_token_of_a_short_life_is_used_for_half_of_it():
    async def conversation(keystone, kept):
        keystone.seconds = 20.0
        first = await kept.get("a")
        keystone.time = 9.0
        assert await kept.get("a") == first
        keystone.time = 10.0
        assert await kept.get("a") != first

    run(conversation)


def test_whoever_wants_a_token_that_is_on_its_way_waits_for_it():
    async def conversation(keystone, kept):
        keystone.may_answer.clear()
        waiting = [asyncio.create_task(kept.get("a")) for _ in range(5)]
        impatient = waiting[0]
        await asyncio.sleep(0)
        impatient.cancel()
        keystone.may_answer.set()
        assert set(await asyncio.gather(*waiting[1:])) == {"a-1"}
        assert keystone.asked == ["a"]

    run(conversation)


def test_a_token_that_was_not_taken_is_dropped_unless_there_is_another_already():
    async def conversation(keystone, kept):
        first = await kept.get("a")
        kept.drop("a", first)
        second = await kept.get("a")
        kept.drop("a", first)
        kept.drop("b", first)
        assert second != first
        assert await kept.get("a") == second

    run(conversation)


def test_a_trust_that_is_lost_is_asked_for_each_time():
    async def conversation(keystone, kept):
        keystone.error = TrustLost("It is gone.")
        for _ in range(2):
            with pytest.raises(TrustLost):
                await kept.get("a")
        assert len(keystone.asked) == 2

    run(conversation)


def test_a_keystone_that_does_not_answer_is_left_alone_for_a_moment():
    async def conversation(keystone, kept):
        keystone.error = Unavailable("It does not answer.")
        for trust_id in "abc":
            with pytest.raises(Unavailable):
                await kept.get(trust_id)
        assert keystone.asked == ["a"]
        keystone.error = None
        keystone.time = tokens.SILENCE
        assert await kept.get("b") == "b-2"

    run(conversation)


def test_what_is_known_is_used_while_keystone_does_not_answer():
    async def conversation(keystone, kept):
        first = await kept.get("a")
        keystone.error = Unavailable("It does not answer.")
        with pytest.raises(Unavailable):
            await kept.get("b")
        assert await kept.get("a") == first

    run(conversation)


def test_the_token_that_was_used_longest_ago_goes_first(monkeypatch):
    monkeypatch.setattr(tokens, "MOST_KEPT", 2)

    async def conversation(keystone, kept):
        for trust_id in "abac":
            await kept.get(trust_id)
        await kept.get("a")
        assert keystone.asked == ["a", "b", "c"]

    run(conversation)


def test_nothing_is_left_running_when_it_is_closed():
    async def conversation(keystone, kept):
        keystone.may_answer.clear()
        waiting = asyncio.create_task(kept.get("a"))
        await asyncio.sleep(0)
        await kept.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    run(conversation)
