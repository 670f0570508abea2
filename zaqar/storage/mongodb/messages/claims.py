"""Claims: a claim is what its messages say of it, and no document of its own.

Uses the indexes ``reading`` for candidates and ``claims`` for those of one claim.
"""

from collections import defaultdict
from collections.abc import Sequence

from pymongo import UpdateMany

from zaqar.clock import Clock, age
from zaqar.models import Claim, DeadLetterRule, QueueKey
from zaqar.storage import contract, refusals
from zaqar.storage.ids import Id, format_id, new_token, position_at
from zaqar.storage.mongodb.messages.candidates import View
from zaqar.storage.mongodb.messages.counters import Counters
from zaqar.storage.mongodb.messages.dead_letters import DeadLetters
from zaqar.storage.mongodb.messages.encoding import CLAIMED, READY, date_of, living, messages, second_of
from zaqar.storage.mongodb.messages.kept import kept
from zaqar.storage.mongodb.messages.known_records import SETTLE_INTERVAL, Records
from zaqar.storage.mongodb.messages.marking import mark_chosen, take_first
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.messages.taking import Burial, Call, Taking
from zaqar.storage.mongodb.server.connection import Database, Document


class _Claiming(Call):
    """The call that makes a claim of several messages."""

    field = "claim"
    state = CLAIMED

    def __init__(self, claim_id: str, limit: int, burial: Burial | None, *, ttl: int, grace: int) -> None:
        super().__init__(claim_id, limit, burial)
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


class Claims(contract.Claims):
    """Takes, renews and ends claims."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        records: Records,
        taking: Taking,
        dead_letters: DeadLetters,
        counters: Counters,
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._taking = taking
        self._dead_letters = dead_letters
        self._counters = counters

    def create(self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None) -> Claim:
        """Claim up to ``limit`` messages."""
        claim_id = format_id(position_at(self._clock.microseconds()), new_token())

        def first(view: View) -> Document | None:
            most = None if dead_letter is None else dead_letter.max_claim_count
            return self._take_first(view, claim_id, ttl=ttl, grace=grace, most=most)

        burial = None if dead_letter is None else self._burial(queue, dead_letter)
        call = _Claiming(claim_id, limit, burial, ttl=ttl, grace=grace)
        taken = self._taking.take(queue, call, self._take, first)
        now = self._clock.now()
        if taken and ttl < SETTLE_INTERVAL:
            self._records.hurry(scope_of(queue), now + ttl)
        return Claim(claim_id, ttl, 0, messages(taken, now)) if taken else refusals.NOTHING

    def get(self, queue: QueueKey, claim_id: Id) -> Claim:
        """Return a live claim."""
        now = self._clock.now()
        found = kept(self._database, scope_of(queue), _live(queue, claim_id, now))
        if not found:
            raise refusals.no_claim()
        found.sort(key=lambda each: int(each["position"]))
        ttl = int(found[0]["claim_ttl"])
        return Claim(format_id(*claim_id), ttl, age(now, int(found[0]["until"]) - ttl), messages(found, now))

    def renew(self, queue: QueueKey, claim_id: Id, *, ttl: int, grace: int) -> None:
        """Give a live claim a new end: two updates in one command, when it is known what was purged."""
        now = self._clock.now()
        ends = now + ttl
        wanted = _live(queue, claim_id, now)
        record = self._records.find(scope_of(queue))
        if record is None or record.is_deleted:
            raise refusals.no_claim()
        wanted["position"] = {"$gte": record.floor}
        short = wanted | {"expires": {"$gt": date_of(now), "$lt": date_of(ends)}}
        longer = {"$max": {"expires": date_of(ends + grace)}, "$set": {"ttl": ttl + grace}}
        changes = [UpdateMany(short, longer), UpdateMany(wanted, {"$set": {"until": ends, "claim_ttl": ttl}})]
        done = self._database.run(lambda: self._database.messages.bulk_write(changes, ordered=True))
        if not done.matched_count:
            raise refusals.no_claim()
        # A due time in the past may be one that the sweep is just about to put off or to take away.
        is_watched = record.due is not None and now < record.due <= now + SETTLE_INTERVAL
        if ttl < SETTLE_INTERVAL or not is_watched:
            self._records.hurry(record.scope, min(ends, now + SETTLE_INTERVAL))

    def release(self, queue: QueueKey, claim_id: Id) -> None:
        """Make what a claim holds ready, claim counts kept."""
        scope = scope_of(queue)
        record = self._records.find(scope)
        if record is None or record.is_deleted:
            return
        above = {"$gte": record.floor}
        wanted = {"claim": format_id(*claim_id), "queue": scope, "state": CLAIMED, "position": above}
        change = {"$set": {"state": READY}, "$unset": {"claim": "", "claim_ttl": "", "until": ""}}
        done = self._database.run(
            lambda: self._database.messages.update_many(wanted, change),
            when_in_doubt=lambda: self._counters.doubt(scope),
        )
        self._counters.add(scope, position=record.floor, claimed=-done.modified_count)

    def exists(self, queue: QueueKey, claim_id: Id) -> bool:
        """Tell whether a claim is live."""
        wanted = _live(queue, claim_id, self._clock.now())
        return bool(kept(self._database, scope_of(queue), wanted, shown={"_id": 1}, limit=1))

    def _burial(self, queue: QueueKey, rule: DeadLetterRule) -> Burial:
        return Burial(
            rule.max_claim_count,
            lambda worn: self._dead_letters.move(queue, worn, rule),
            lambda: self._dead_letters.note(queue, rule),
        )

    def _take(self, scope: str, calls: Sequence[Call], is_brief: bool) -> None:
        """Claim what calls chose and is still ready."""
        claimed = mark_chosen(
            self._database,
            scope,
            calls,
            now=self._clock.now(),
            is_brief=is_brief,
            when_in_doubt=lambda: self._counters.doubt(scope),
        )
        self._counters.add(scope, position=int(calls[0].chosen[0]["position"]), claimed=claimed)

    def _take_first(self, view: View, claim_id: str, *, ttl: int, grace: int, most: int | None) -> Document | None:
        """Claim the first message; let one that would end before the claim live on after it."""
        now, scope = self._clock.now(), view.scope
        ends = now + ttl
        held = {"state": CLAIMED, "claim": claim_id, "claim_ttl": ttl, "until": ends}
        mine = {"claim": claim_id, "queue": scope, "state": CLAIMED}
        won = take_first(
            self._database,
            view,
            {"$set": held, "$inc": {"claim_count": 1}},
            mine=mine,
            now=now,
            most=most,
            when_in_doubt=lambda: self._counters.doubt(scope),
        )
        if won is None:
            return None
        self._counters.add(scope, position=int(won["position"]), claimed=1)
        if second_of(won["expires"]) < ends:
            key = mine | {"_id": won["_id"]}
            longer = {"$set": {"ttl": ttl + grace}, "$max": {"expires": date_of(ends + grace)}}
            self._database.run(lambda: self._database.messages.update_one(key, longer))
            won |= {"ttl": ttl + grace}
        return won


def _live(queue: QueueKey, claim_id: Id, now: int) -> Document:
    """Return what finds the messages of a live claim."""
    held = {"claim": format_id(*claim_id), "queue": scope_of(queue), "state": CLAIMED}
    return held | {"until": {"$gt": now}, "expires": living(now)}
