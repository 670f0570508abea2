"""Connections to a mail server that are kept, and left."""

import asyncio

import pytest

from tests.mail_sink import closed_connections, running_sink
from zaqar.notification.mail.connections import IDLE, Connections
from zaqar.notification.mail.session import NoSession, begin
from zaqar.notification.mail.settings import Encryption, Server


class Time:
    """Seconds that a test moves."""

    now = 1000.0

    def monotonic(self):
        return self.now


class Begun:
    """Begins sessions, and counts them."""

    def __init__(self, port):
        self.server = Server(host="127.0.0.1", port=port, encryption=Encryption.NONE)
        self.count = 0
        self.fails = False

    async def __call__(self):
        self.count += 1
        if self.fails:
            raise NoSession("the connection was refused")
        return await begin(self.server, None, connect_timeout=2, timeout=2)


def _use(act, *, most=2):
    """Do something with connections to a sink."""

    async def run(port):
        begun, time = Begun(port), Time()
        connections = Connections(begun, most=most, longest_wait=1, monotonic=time.monotonic)
        try:
            await act(connections, begun, time)
        finally:
            await connections.close()
            await closed_connections()

    with running_sink() as sink:
        asyncio.run(run(sink.port))


async def _noop(client):
    return await client.noop()


def test_one_that_lay_idle_for_a_while_is_asked_before_it_is_used():
    async def act(connections, begun, time):
        commands = []

        async def watch(client):
            original = client.execute_command

            async def note(*words, **named):
                commands.append(words[0])
                return await original(*words, **named)

            client.execute_command = note
            return await client.noop()

        await connections.use(watch, timeout=2)
        await connections.use(_noop, timeout=2)
        time.now += 10
        await connections.use(_noop, timeout=2)

        assert commands == [b"NOOP", b"NOOP", b"RSET", b"NOOP"]
        assert begun.count == 1

    _use(act)


def test_one_that_nobody_uses_is_closed_after_a_minute():
    async def act(connections, begun, time):
        clients = []
        await connections.use(lambda client: clients.append(client) or client.noop(), timeout=2)
        time.now += IDLE
        await connections.dismiss_idle()

        assert not clients[0].is_connected
        await connections.use(_noop, timeout=2)
        assert begun.count == 2

    _use(act)


def test_one_that_is_used_again_and_again_stays():
    async def act(connections, begun, time):
        for _ in range(5):
            await connections.use(_noop, timeout=2)
            time.now += IDLE / 2
            await connections.dismiss_idle()

        assert begun.count == 1

    _use(act)


def test_one_that_a_mistake_was_made_with_is_not_used_again():
    async def act(connections, begun, time):
        async def fail(client):
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await connections.use(fail, timeout=2)
        await connections.use(_noop, timeout=2)

        assert begun.count == 2

    _use(act)


def test_those_that_wait_in_line_do_not_all_ask_a_server_that_lets_nobody_in():
    async def act(connections, begun, time):
        begun.fails = True
        answers = await asyncio.gather(*(connections.use(_noop, timeout=2) for _ in range(10)), return_exceptions=True)

        assert {str(one) for one in answers} == {"the connection was refused"}
        assert begun.count == 1

        begun.fails = False
        time.now += 2
        await connections.use(_noop, timeout=2)
        assert begun.count == 2

    _use(act, most=1)
