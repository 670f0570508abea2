"""Stretches of the outbox that are read together: few reads, bounded memory."""

import asyncio

import pytest

from tests.notification.builders import noticed
from zaqar.errors import Unavailable
from zaqar.models import Notice
from zaqar.notification.windows import Budget, Windows

TOKEN = "0" * 16


class Log:
    """Notices at 10, 20, 30 ... with so many messages, and how often they were read."""

    def __init__(self, number=100, *, messages=1, body=b"x"):
        self.notices = [Notice(10 * at, TOKEN, 0, [noticed(body)] * messages) for at in range(1, number + 1)]
        self.reads = []

    async def read(self, after, most_bytes):
        self.reads.append((after, most_bytes))
        await asyncio.sleep(0)
        found = []
        for notice in self.notices:
            if notice.last > after:
                found.append(notice)
                most_bytes -= sum(len(message.body) for message in notice.messages)
                if most_bytes <= 0:
                    break
        return found


def windows(log, most_bytes=10_000_000):
    return Windows(log.read, Budget(most_bytes))


def test_one_read_serves_everybody_who_asks_for_the_same():
    log = Log()

    async def act():
        kept = windows(log)
        assert all(await asyncio.gather(*(kept.fetch(0) for _ in range(100))))
        return [kept.following(position).first for position in (0, 9, 10, 995)]

    assert asyncio.run(act()) == [10, 10, 20, 1000]
    assert len(log.reads) == 1


def test_what_is_at_hand_is_not_read_again():
    log = Log()

    async def act():
        kept = windows(log)
        return [await kept.fetch(position) for position in (0, 0, 500)]

    assert asyncio.run(act()) == [True, True, True]
    assert len(log.reads) == 1


def test_behind_the_last_notice_there_is_nothing_at_hand():
    async def act():
        kept = windows(Log())
        await kept.fetch(500)
        return kept.following(1000), kept.following(499)

    assert asyncio.run(act()) == (None, None)


def test_a_notice_of_which_some_messages_are_done_follows_still():
    async def act():
        kept = windows(Log(messages=5))
        await kept.fetch(0)
        return kept.following(12).first, kept.following(14).first

    assert asyncio.run(act()) == (10, 20)


def test_a_read_that_finds_nothing_says_so():
    assert not asyncio.run(windows(Log(0)).fetch(0))


def test_a_message_is_found_by_its_position_and_read_by_itself():
    log = Log(messages=3)

    async def act():
        kept = windows(log)
        return (await kept.containing(21)).first, await kept.containing(25)

    assert asyncio.run(act()) == (20, None)
    assert {most_bytes for _, most_bytes in log.reads} == {1}


def test_what_was_not_used_for_long_makes_place():
    log = Log(100, body=b"x" * 100_000)

    async def act():
        budget = Budget(1_000_000)
        kept = [Windows(log.read, budget) for _ in range(10)]
        for one in kept:
            await one.fetch(0)
            kept[0].following(0)
        return [one.following(0) is not None for one in kept]

    assert asyncio.run(act()) == [True, *[False] * 7, True, True]


def test_one_queue_keeps_few():
    log = Log(100, body=b"x" * 300_000)

    async def act():
        kept = windows(log, 10**9)
        for position in range(0, 500, 10):
            await kept.fetch(position)
        return sum(kept.following(position) is not None for position in range(0, 500, 10))

    assert asyncio.run(act()) == 8


def test_a_failure_reaches_all_who_wait_and_is_not_kept():
    async def act():
        is_down = True
        log = Log()

        async def read(after, most_bytes):
            await asyncio.sleep(0)
            if is_down:
                raise Unavailable("away")
            return await log.read(after, most_bytes)

        kept = Windows(read, Budget(10_000_000))
        answers = await asyncio.gather(kept.fetch(0), kept.fetch(0), return_exceptions=True)
        assert all(isinstance(answer, Unavailable) for answer in answers)
        is_down = False
        return await kept.fetch(0)

    assert asyncio.run(act())


@pytest.mark.parametrize("cancelled", [0, 1])
def test_who_is_cancelled_does_not_take_the_read_along(cancelled):
    async def act():
        kept = windows(Log())
        tasks = [asyncio.create_task(kept.fetch(0)) for _ in range(2)]
        await asyncio.sleep(0)
        tasks[cancelled].cancel()
        return await tasks[1 - cancelled]

    assert asyncio.run(act())
