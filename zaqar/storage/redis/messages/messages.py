"""The messages of a queue: each verb is one call of a script, repeated where the queue had more to settle first."""

from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import Audience, Message, MessageDetails, NewMessage, Posted, QueueKey
from zaqar.storage import contract, refusals
from zaqar.storage import subscription_documents as documents
from zaqar.storage.ids import Id, format_id, parse_id
from zaqar.storage.redis.keys import keys_of, posting_keys_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.due import settled
from zaqar.storage.redis.messages.encoding import client_word, decoded, encoded, origin_of
from zaqar.storage.redis.messages.scripts import SILENT
from zaqar.storage.redis.messages.sources import Sources
from zaqar.storage.redis.server.server import Command, Server

_HELD_BY_ANOTHER, _NOT_HELD = 1, 2
_NO_NOTICE, _FIRST_NOTICE = 0, 2
_TOLD: dict[Audience, Sequence[str]] = {
    "everybody": (),
    "all but queues": (documents.audience_word("copy"),),
    "nobody": (SILENT,),
}
"""How the posting script is told of the audience."""


class QueueMessages(contract.Messages):
    """The messages on one server, on the primary that Sentinels name, or on a Cluster.

    ``memory``: seconds for which the token of a post is remembered.
    """

    def __init__(self, server: Server, clock: Clock, agenda: Agenda, sources: Sources, *, memory: int) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda
        self._sources = sources
        self._memory = memory

    def post(
        self,
        queue: QueueKey,
        new: Sequence[NewMessage],
        *,
        client_id: str,
        token: str,
        audience: Audience = "everybody",
        memory: int = 0,
    ) -> Posted:
        """Append messages; the script knows a token that it has seen before."""
        microseconds = self._clock.microseconds()
        now = microseconds // 1_000_000
        arguments = encoded(new, now=now, client_id=client_id)
        first_due = now + min(each.delay or each.ttl for each in new)
        head = (token, max(memory, self._memory), microseconds, first_due)
        answer = self._server.call(scripts.POST, posting_keys_of(queue, token), (*head, *arguments, *_TOLD[audience]))
        if answer is None:
            raise QueueNotFound(queue)
        first, to_note, notice = answer if isinstance(answer, list) else (answer, b"", _NO_NOTICE)
        if to_note:
            self._agenda.note_soon(queue, first_due)
        if notice == _FIRST_NOTICE:
            self._sources.note_soon(queue)
        position = int(first)
        return Posted([format_id(position + index, token) for index in range(len(new))], notice != _NO_NOTICE)

    def list(
        self,
        queue: QueueKey,
        *,
        marker: Id | None,
        limit: int,
        hidden_client_id: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> Sequence[Message]:
        """Return a page; where filters hide a whole batch, the script is run again behind it."""
        after = 0 if marker is None else marker.position
        hidden = b"" if hidden_client_id is None else client_word(hidden_client_id)
        flags = (int(include_claimed), int(include_delayed))
        page: list[Message] = []
        while True:
            now = self._clock.now()
            arguments = (now, after, limit - len(page), *flags, hidden)
            ids, envelopes, states, last = settled(self._server, scripts.LIST, queue, arguments)
            page += decoded((ids, envelopes, states), now)
            if not last or len(page) >= limit:
                return page
            after = parse_id(last.decode()).position

    def get(self, queue: QueueKey, ids: Sequence[Id]) -> Sequence[Message]:
        """Return those that exist."""
        wanted = [format_id(*name) for name in ids]
        if not wanted:
            return []
        now = self._clock.now()
        return decoded(self._server.call(scripts.GET, keys_of(queue), (now, *wanted)), now)

    def details(self, queue: QueueKey, message_id: Id) -> MessageDetails:
        """Look one up, with its claim and its delay."""
        now, wanted = self._clock.now(), format_id(*message_id)
        answer = self._server.call(scripts.DETAILS, keys_of(queue), (now, wanted))
        if answer is None:
            raise refusals.no_message()
        envelope, state, *seconds = answer
        (message,) = decoded(([wanted.encode()], [envelope], [state]), now)
        claimed_until, due = (int(second) if second else None for second in seconds)
        return MessageDetails(message, claimed_until, due, origin_of(envelope))

    def delete(self, queue: QueueKey, message_id: Id, *, claim_id: Id | None) -> None:
        """Delete one."""
        claim = "" if claim_id is None else format_id(*claim_id)
        arguments = (self._clock.now(), format_id(*message_id), claim)
        answer = self._server.call(scripts.DELETE, keys_of(queue), arguments)
        if answer == _HELD_BY_ANOTHER and claim_id is None:
            raise refusals.claimed()
        if answer == _HELD_BY_ANOTHER:
            raise refusals.held_by_another()
        if answer == _NOT_HELD:
            raise refusals.not_held()

    def delete_many(self, queue: QueueKey, ids: Sequence[Id], *, claim_ids: Sequence[Id] | None) -> None:
        """Delete many."""
        doomed = [format_id(*name) for name in ids]
        claims = [format_id(*claim_id) for claim_id in claim_ids or ()]
        number = -1 if claim_ids is None else len(claims)
        arguments: Command = (self._clock.now(), number, *claims, *doomed)
        if doomed and self._server.call(scripts.DELETE_MANY, keys_of(queue), arguments):
            raise refusals.not_all_held()

    def pop(self, queue: QueueKey, *, limit: int) -> Sequence[Message]:
        """Take the first messages that are ready; not tried twice, which could take twice as many."""
        now = self._clock.now()
        return decoded(settled(self._server, scripts.POP, queue, (now, limit), is_repeatable=False), now)
