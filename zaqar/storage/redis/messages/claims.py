"""The claims of a queue: each verb is one call of a script, repeated where the queue had more to settle first."""

from zaqar.clock import Clock, age
from zaqar.models import Claim, DeadLetterRule, QueueKey
from zaqar.storage import contract, refusals
from zaqar.storage.ids import Id, format_id, new_token, position_at
from zaqar.storage.redis.keys import keys_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.dead_letters import DeadLetters, Taking
from zaqar.storage.redis.messages.due import settled
from zaqar.storage.redis.messages.encoding import decoded
from zaqar.storage.redis.server.server import Argument, Server


class QueueClaims(contract.Claims):
    """The claims on one server, on the primary that Sentinels name, or on a Cluster."""

    def __init__(self, server: Server, clock: Clock, agenda: Agenda, dead_letters: DeadLetters) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda
        self._dead_letters = dead_letters

    def create(self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None) -> Claim:
        """Claim the first messages that are ready; those claimed too often leave first."""
        microseconds = self._clock.microseconds()
        claim_id, now = format_id(position_at(microseconds), new_token()), microseconds // 1_000_000
        most: Argument = "" if dead_letter is None else dead_letter.max_claim_count
        answer = settled(self._server, scripts.CREATE_CLAIM, queue, (now, claim_id, ttl, grace, limit, most))
        if dead_letter is None or isinstance(answer, list):
            ids, envelopes, states, to_note = answer
            claimed = decoded((ids, envelopes, states), now)
            if to_note:
                self._agenda.note_soon(queue, int(to_note))
        else:
            taking = Taking(claim_id, ttl, grace, now + ttl, limit)
            claimed = self._dead_letters.claim_past(queue, dead_letter, taking)
        return Claim(claim_id, ttl, 0, claimed) if claimed else refusals.NOTHING

    def get(self, queue: QueueKey, claim_id: Id) -> Claim:
        """Return a live claim."""
        now = self._clock.now()
        answer = self._server.call(scripts.GET_CLAIM, keys_of(queue), (now, format_id(*claim_id)))
        if answer is None:
            raise refusals.no_claim()
        ttl, ends, *found = answer
        return Claim(format_id(*claim_id), int(ttl), age(now, int(ends) - int(ttl)), decoded(found, now))

    def renew(self, queue: QueueKey, claim_id: Id, *, ttl: int, grace: int) -> None:
        """Give a live claim a new end."""
        if not self._server.call(scripts.RENEW, keys_of(queue), (self._clock.now(), format_id(*claim_id), ttl, grace)):
            raise refusals.no_claim()

    def release(self, queue: QueueKey, claim_id: Id) -> None:
        """End a claim."""
        self._server.call(scripts.RELEASE, keys_of(queue), (format_id(*claim_id),))
