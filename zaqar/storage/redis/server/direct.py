"""The way to one server, or to the primary that Sentinel names.

redis-py's connections are used as they are: its clients lock a pool, check health, wrap a retry policy and parse options
at every command.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import hiredis
from redis.connection import AbstractConnection
from redis.exceptions import RedisError

from zaqar.storage.redis.server.failure import ServerFailed
from zaqar.storage.redis.server.pool import Pool
from zaqar.storage.redis.server.server import Command

_ASKING = hiredis.pack_command((b"ASKING",))


class Direct:
    """Sends commands over a pool of connections (a ``Link``).

    ``most``: connections at a time; threads beyond wait up to ``patience`` seconds.
    """

    def __init__(self, connect: Callable[[], AbstractConnection], *, most: int, patience: float) -> None:
        self.losses = 0
        self._new_pool = partial(Pool, connect, most=most, patience=patience)
        self.pool = self._new_pool()
        """The connections; a forked process has others."""

    def ask(
        self,
        command: Command,
        *,
        is_careful: bool = False,
        node: object = None,  # noqa: ARG002 - it is always this one
        is_asking: bool = False,
    ) -> Any:
        """Return the answer to a command. Raises ``ServerFailed``, and ``Unavailable`` where no connection becomes free.

        ``is_asking``: the node is still taking the slot over from another, which has sent us here.
        """
        pool = self.pool
        try:
            connection = pool.take(is_careful=is_careful)
        except RedisError as error:
            raise ServerFailed(error, was_sent=False) from error
        is_settled = False
        try:
            # hiredis takes any mixture of types, whatever its annotation says.
            packed = hiredis.pack_command(command)  # type: ignore[arg-type]
            if is_asking:
                packed = _ASKING + packed
            connection.send_packed_command([packed], check_health=False)
            if is_asking:
                connection.read_response()
            answer = connection.read_response()
        except RedisError as error:
            is_settled = True
            raise self._failed(pool, connection, error, is_asking=is_asking) from error
        else:
            pool.give(connection)
            is_settled = True
            return answer
        finally:
            if not is_settled:  # interrupted: its answer is still to come
                pool.drop(connection)

    def nodes(self) -> tuple[object, ...]:
        """Return the one there is."""
        return (None,)

    def close(self) -> None:
        """Close the connections that are idle."""
        self.pool.close()

    def forget_parent(self) -> None:
        """Start with a new pool."""
        self.pool = self._new_pool()

    def _failed(
        self, pool: Pool, connection: AbstractConnection, error: RedisError, *, is_asking: bool
    ) -> ServerFailed:
        failed = ServerFailed(error, was_sent=True)
        if failed.is_loss:
            # What broke one connection has likely broken all, and the primary may be another server now.
            self.losses += 1
            pool.drop(connection)
            pool.close()
        elif is_asking:
            pool.drop(connection)  # there may be a second answer on it
        else:
            pool.give(connection)
        return failed
