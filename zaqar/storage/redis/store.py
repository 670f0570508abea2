"""The message store: each method is one call of a script, repeated where the queue had more to settle first."""

from collections.abc import Sequence

from zaqar.clock import Clock, age
from zaqar.errors import ClaimNotFound, ClaimNotHeld, MessageClaimed, QueueNotFound
from zaqar.models import Claim, DeadLetterRule, Message, MessageMark, NewMessage, QueueKey, Stats
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import MalformedId, format_id, new_token, parse_id, parse_ids, position_at
from zaqar.storage.redis import script
from zaqar.storage.redis.agenda import Agenda
from zaqar.storage.redis.dead_letters import DeadLetters, Taking
from zaqar.storage.redis.keys import LEAVING, keys_of, posting_keys
from zaqar.storage.redis.messages import client_word, messages, posted
from zaqar.storage.redis.server import Argument, Command, Server
from zaqar.storage.redis.sweep import Sweep

_NOTHING = Claim("", 0, 0, ())
_HELD_BY_ANOTHER, _NOT_HELD = 1, 2


class RedisMessageStore(MessageStore):
    """Messages and claims on one server, on Sentinel or on a Cluster.

    ``memory``: seconds for which the token of a post is remembered.
    """

    def __init__(self, server: Server, clock: Clock, *, memory: int) -> None:
        self._server = server
        self._clock = clock
        self._memory = memory
        self._agenda = Agenda(server)
        self._dead_letters = DeadLetters(server, clock, self._agenda)
        self._sweep = Sweep(server, clock, self._agenda, self._dead_letters)

    def create_queue(self, queue: QueueKey) -> None:
        """Make the record of the queue: positions start at the time, so that old markers stay valid."""
        self._server.call(script.CREATE_RECORD, keys_of(queue), (position_at(self._clock.microseconds()),))

    def delete_queue(self, queue: QueueKey) -> None:
        """Remove every key of the queue in one step; the server frees the memory in the background."""
        microseconds = self._clock.microseconds()
        if self._server.call(script.DROP_RECORD, keys_of(queue), (microseconds,)):
            self._agenda.keep(queue, microseconds // 1_000_000)  # the sweep then forgets it

    def purge_messages(self, queue: QueueKey) -> None:
        """Remove every key of the queue but its record, in one step likewise."""
        keys = keys_of(queue)
        self._server.command("UNLINK", *keys[1:LEAVING])

    def stats(self, queue: QueueKey) -> Stats:
        """Count the sets of the queue."""
        now = self._clock.now()
        answer = self._server.settled(script.STATS, keys_of(queue), (now,))
        if not answer:
            raise QueueNotFound(queue)
        total, claimed, *ends = answer
        marks = [
            MessageMark(id_.decode(), age(now, int(created)), int(created))
            for id_, created in zip(ends[::2], ends[1::2], strict=True)
        ]
        return Stats(claimed, total - claimed, *marks)

    def post(self, queue: QueueKey, new: Sequence[NewMessage], *, client_id: str, token: str) -> list[str]:
        """Append messages; the script knows a token that it has seen before."""
        microseconds = self._clock.microseconds()
        now = microseconds // 1_000_000
        arguments = posted(new, now=now, client_id=client_id)
        first_due = now + min(each.delay or each.ttl for each in new)
        keys = posting_keys(keys_of(queue), token)
        first = self._server.call(script.POST, keys, (token, self._memory, microseconds, first_due, *arguments))
        if first is None:
            raise QueueNotFound(queue)
        if isinstance(first, list):
            (first,) = first
            self._agenda.keep(queue, first_due)
        position = int(first)
        return [format_id(position + index, token) for index in range(len(new))]

    def list_messages(
        self,
        queue: QueueKey,
        *,
        marker: str | None,
        limit: int,
        hidden_client_id: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> list[Message]:
        """Return a page; where filters hide a whole batch, the script is run again behind it."""
        try:
            after = parse_id(marker).position if marker is not None else 0
        except MalformedId:
            return []
        hidden = b"" if hidden_client_id is None else client_word(hidden_client_id)
        flags = (int(include_claimed), int(include_delayed))
        page: list[Message] = []
        while True:
            now = self._clock.now()
            arguments = (now, after, limit - len(page), *flags, hidden)
            ids, envelopes, states, last = self._server.settled(script.LIST, keys_of(queue), arguments)
            page += messages((ids, envelopes, states), now)
            if not last or len(page) >= limit:
                return page
            after = parse_id(last.decode()).position

    def get_messages(self, queue: QueueKey, ids: Sequence[str]) -> list[Message]:
        """Return those that exist."""
        wanted = [format_id(*name) for name in parse_ids(ids)]
        if not wanted:
            return []
        now = self._clock.now()
        return messages(self._server.call(script.GET, keys_of(queue), (now, *wanted)), now)

    def delete_message(self, queue: QueueKey, message_id: str, *, claim_id: str | None) -> None:
        """Delete one; a malformed claim id is that of a claim that does not exist."""
        try:
            parse_id(message_id)
        except MalformedId:
            return
        claim = "" if claim_id is None else _word(claim_id)
        answer = self._server.call(script.DELETE, keys_of(queue), (self._clock.now(), message_id, claim))
        if answer == _HELD_BY_ANOTHER and claim_id is None:
            raise MessageClaimed("The message is claimed; name the claim to delete it.")
        if answer == _HELD_BY_ANOTHER:
            raise MessageClaimed("The message is held by another claim.")
        if answer == _NOT_HELD:
            raise ClaimNotHeld("The message is not held by this claim, which may have expired.")

    def delete_messages(self, queue: QueueKey, ids: Sequence[str], *, claim_ids: Sequence[str] | None) -> None:
        """Delete many."""
        doomed = [format_id(*name) for name in parse_ids(ids)]
        claims = [_word(claim_id) for claim_id in claim_ids or ()]
        number = -1 if claim_ids is None else len(claims)
        arguments: Command = (self._clock.now(), number, *claims, *doomed)
        if doomed and self._server.call(script.DELETE_MANY, keys_of(queue), arguments):
            raise MessageClaimed("Each message must be held by one of the given claims; nothing was deleted.")

    def pop_messages(self, queue: QueueKey, *, limit: int) -> list[Message]:
        """Take the first messages that are ready; not tried twice, which could take twice as many."""
        now = self._clock.now()
        return messages(self._server.settled(script.POP, keys_of(queue), (now, limit), is_repeatable=False), now)

    def create_claim(
        self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None
    ) -> Claim:
        """Claim the first messages that are ready; those claimed too often leave first."""
        microseconds = self._clock.microseconds()
        claim_id, now = format_id(position_at(microseconds), new_token()), microseconds // 1_000_000
        most: Argument = "" if dead_letter is None else dead_letter.max_claim_count
        answer = self._server.settled(script.CLAIM, keys_of(queue), (now, claim_id, ttl, grace, limit, most))
        if dead_letter is None or isinstance(answer, list):
            ids, envelopes, states, news = answer
            claimed = messages((ids, envelopes, states), now)
            if news:
                self._agenda.keep(queue, int(news))
        else:
            taking = Taking(claim_id, ttl, grace, now + ttl, limit)
            claimed = self._dead_letters.claim_past(queue, dead_letter, taking)
        return Claim(claim_id, ttl, 0, claimed) if claimed else _NOTHING

    def get_claim(self, queue: QueueKey, claim_id: str) -> Claim:
        """Return a live claim."""
        now = self._clock.now()
        answer = self._server.call(script.GET_CLAIM, keys_of(queue), (now, _word(claim_id)))
        if answer is None:
            raise _no_claim()
        ttl, ends, *found = answer
        return Claim(claim_id, int(ttl), age(now, int(ends) - int(ttl)), messages(found, now))

    def renew_claim(self, queue: QueueKey, claim_id: str, *, ttl: int, grace: int) -> None:
        """Give a live claim a new end."""
        if not self._server.call(script.RENEW, keys_of(queue), (self._clock.now(), _word(claim_id), ttl, grace)):
            raise _no_claim()

    def release_claim(self, queue: QueueKey, claim_id: str) -> None:
        """End a claim."""
        self._server.call(script.RELEASE, keys_of(queue), (_word(claim_id),))

    def sweep(self) -> int:
        """Reclaim what has expired in every queue, and finish the way of dead letters."""
        return self._sweep.sweep()

    def is_turn_to_sweep(self) -> bool:
        """Let one process sweep in each interval, of all on all hosts."""
        return self._sweep.is_turn()

    def is_alive(self) -> bool:
        """Tell whether the server answers."""
        return self._server.is_alive()

    def close(self) -> None:
        """Close the connections."""
        self._server.close()


def _word(claim_id: str) -> str:
    """Return the id of a claim, or of none there ever was."""
    try:
        parse_id(claim_id)
    except MalformedId:
        return "-"
    return claim_id


def _no_claim() -> ClaimNotFound:
    return ClaimNotFound("The claim does not exist or has expired.")
