"""Making a claim: its id is written on the first messages that are ready. Uses the index ``reading``."""

from collections import defaultdict
from collections.abc import Sequence

from pymongo import UpdateMany

from zaqar.models import Claim, DeadLetterRule, QueueKey
from zaqar.storage import refusals
from zaqar.storage.ids import format_id, new_token, position_at
from zaqar.storage.mongodb.messages.call import Call
from zaqar.storage.mongodb.messages.candidates import View
from zaqar.storage.mongodb.messages.encoding import CLAIMED, date_of, messages, second_of
from zaqar.storage.mongodb.messages.marking import mark_chosen, take_first
from zaqar.storage.mongodb.messages.record import SETTLE_INTERVAL
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.messages.taking import take
from zaqar.storage.mongodb.server.connection import Document


class Claiming(Call):
    """A claim that is being made. ``ttl``, ``grace``: seconds."""

    field = "claim"
    state = CLAIMED

    def __init__(self, claim_id: str, limit: int, rule: DeadLetterRule | None, *, ttl: int, grace: int) -> None:
        super().__init__(claim_id, limit, rule)
        self._ttl = ttl
        self._grace = grace

    def changes(self, wanted: Document) -> list[UpdateMany]:
        """Return the updates: those that have to live longer for the claim are apart, and what was claimed more often.

        A message that others claimed and released since it was looked at is lost: it may have been claimed often enough.
        """
        groups = defaultdict[tuple[bool, int | None], list[str]](list)
        for each in self.chosen:
            groups[self._is_short(each), each.get("claim_count")].append(each["_id"])
        found = []
        for (is_short, count), keys in groups.items():
            change = {"$set": self._held(is_short=is_short), "$inc": {"claim_count": 1}}
            if is_short:
                change["$max"] = {"expires": date_of(self.now + self._ttl + self._grace)}
            found.append(UpdateMany(wanted | {"_id": {"$in": keys}, "claim_count": count}, change))
        return found

    def marked(self, message: Document) -> Document:
        """Return a message as the claim holds it."""
        held = self._held(is_short=self._is_short(message))
        return message | held | {"claim_count": message.get("claim_count", 0) + 1}

    def _is_short(self, message: Document) -> bool:
        return second_of(message["expires"]) < self.now + self._ttl

    def _held(self, *, is_short: bool) -> Document:
        held = {"state": CLAIMED, "claim": self.mark, "claim_ttl": self._ttl, "until": self.now + self._ttl}
        return held | ({"ttl": self._ttl + self._grace} if is_short else {})


def claim(session: Session, queue: QueueKey, *, ttl: int, grace: int, limit: int, rule: DeadLetterRule | None) -> Claim:
    """Claim up to ``limit`` messages; those that are worn by the rule move instead."""
    claim_id = format_id(position_at(session.clock.microseconds()), new_token())

    def first(session: Session, view: View) -> Document | None:
        return _take_first(session, view, claim_id, ttl=ttl, grace=grace, rule=rule)

    call = Claiming(claim_id, limit, rule, ttl=ttl, grace=grace)
    taken = take(session, queue, call, take_chosen=_take_chosen, take_first=first)
    now = session.clock.now()
    if taken and ttl < SETTLE_INTERVAL:
        session.records.hurry(scope_of(queue), now + ttl)
    return Claim(claim_id, ttl, 0, messages(taken, now)) if taken else refusals.NOTHING


def _take_chosen(session: Session, scope: str, calls: Sequence[Call], is_brief: bool) -> None:
    """Claim what calls chose and is still ready."""
    claimed = mark_chosen(session, scope, calls, is_brief=is_brief, when_in_doubt=lambda: session.counters.doubt(scope))
    session.counters.add(scope, position=int(calls[0].chosen[0]["position"]), claimed=claimed)


def _take_first(
    session: Session, view: View, claim_id: str, *, ttl: int, grace: int, rule: DeadLetterRule | None
) -> Document | None:
    """Claim the first message; let one that would end before the claim live on after it."""
    now, scope = session.clock.now(), view.scope
    ends = now + ttl
    held = {"state": CLAIMED, "claim": claim_id, "claim_ttl": ttl, "until": ends}
    mine = {"claim": claim_id, "queue": scope, "state": CLAIMED}
    won = take_first(
        session,
        view,
        {"$set": held, "$inc": {"claim_count": 1}},
        mine=mine,
        now=now,
        rule=rule,
        when_in_doubt=lambda: session.counters.doubt(scope),
    )
    if won is None:
        return None
    session.counters.add(scope, position=int(won["position"]), claimed=1)
    if second_of(won["expires"]) < ends:
        key = mine | {"_id": won["_id"]}
        longer = {"$set": {"ttl": ttl + grace}, "$max": {"expires": date_of(ends + grace)}}
        session.database.run(lambda: session.database.messages.update_one(key, longer))
        won |= {"ttl": ttl + grace}
    return won
