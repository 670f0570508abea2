"""What a server is asked, as it tells itself: the commands that came over the network, and those that scripts ran."""

import contextlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.integration.redis_servers import RedisServer

_LINE = re.compile(r"[0-9.]+ \[\d+ (\S+)\] (.*)", re.DOTALL)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


@dataclass(frozen=True)
class Sent:
    """One round trip: its words, and the commands that it ran inside the server when it was a script."""

    words: list[str]
    inside: list[list[str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.words[0].upper()

    @property
    def shape(self) -> list[tuple[str, int]]:
        """The commands inside, each with how many words it had."""
        return [(words[0].upper(), len(words)) for words in self.inside]


class Watching:
    """Watches a server while a block runs: ``with watch() as sent``, which is filled when the block ends."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    @contextlib.contextmanager
    def __call__(self) -> Iterator[list[Sent]]:
        client = self._server.client()
        connection = client.connection_pool.get_connection()
        sent: list[Sent] = []
        try:
            client.ping()  # so that the second connection is there, which tells the end
            connection.send_command("MONITOR")
            connection.read_response()
            yield sent
            self._read(connection, sent)
        finally:
            connection.disconnect()
            client.connection_pool.release(connection)

    def _read(self, connection, sent: list[Sent]) -> None:
        end = secrets.token_hex(8)
        self._server.client().echo(end)
        while True:
            source, rest = _LINE.fullmatch(connection.read_response().decode("latin-1")).groups()
            words = _WORD.findall(rest)
            if words[1:] == [end]:
                return
            if source == "lua":
                sent[-1].inside.append(words)
            else:
                sent.append(Sent(words))
