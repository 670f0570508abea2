"""One queue and its dead-letter queue against a model that anybody can check by reading."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.builders import dead_letter_rule, new_message, queue_key
from tests.conformance.acts import CONSUMER, PRODUCER, everything, ids, listed, post, sweep_all
from tests.conformance.model import Held, Item, Model
from zaqar.errors import ClaimNotFound, MessageClaimed
from zaqar.storage.ids import UNKNOWN, named, parse_ids

MODEL_SETTINGS = settings(
    max_examples=200,
    stateful_step_count=50,
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=list(HealthCheck),
)

ttls = st.sampled_from([5, 20, 60, 100])
graces = st.sampled_from([0, 10, 60])
choices = st.integers(0, 10**6)


def pick(things, choice):
    return things[choice % len(things)] if things else None


class QueueMachine(RuleBasedStateMachine):
    """Does the same to a store and to the model, and compares what both show.

    Reading is a rule like any other, so that writing also meets what no reading has settled before.
    """

    def __init__(self, sides, clock):
        super().__init__()
        self.sides, self.clock = sides, clock
        self.queue, self.dead_queue = queue_key(), queue_key()
        for key in (self.queue, self.dead_queue):
            sides[0].records.create(key)
        self.model = Model()
        self.steps = 0
        self.posted = 0

    @property
    def now(self):
        return self.clock.now()

    @property
    def store(self):
        """Return the two pairs of stores in turn: they are to be one."""
        self.steps += 1
        return self.sides[self.steps % len(self.sides)]

    @rule(count=st.integers(1, 4), ttl=ttls, delay=st.sampled_from([0, 0, 0, 10, 60]), mine=st.booleans())
    def post(self, count, ttl, delay, mine):
        client_id = CONSUMER if mine else PRODUCER
        bodies = [str(self.posted + number).encode() for number in range(count)]
        message_ids = post(
            self.store, self.queue, *(new_message(body, ttl=ttl, delay=delay) for body in bodies), client_id=client_id
        )
        self.posted += count
        self.model.messages += [
            Item(message_id, body, ttl, self.now, self.now + ttl, self.now + delay, client_id)
            for message_id, body in zip(message_ids, bodies, strict=True)
        ]

    @rule(
        ttl=ttls, grace=graces, limit=st.integers(1, 5), most=st.none() | st.integers(1, 3), dead_ttl=st.none() | ttls
    )
    def claim(self, ttl, grace, limit, most, dead_ttl):
        dead_letter = dead_letter_rule(self.dead_queue, max_claim_count=most, ttl=dead_ttl) if most else None
        claim = self.store.claims.create(self.queue, ttl=ttl, grace=grace, limit=limit, dead_letter=dead_letter)

        held = Held(claim.id, ttl, self.now)
        taken, moved = self.model.claim(held, limit=limit, grace=grace, most=most)
        assert list(claim.messages) == [item.shown(self.now) for item in taken]
        assert not taken or (claim.ttl, claim.age) == (ttl, 0)
        self.bury(moved, dead_ttl)

    def bury(self, moved, dead_ttl):
        """Take over the fresh ids of what moved: only the store can tell them."""
        known = {item.id for item in self.model.dead}
        fresh = [message for message in everything(self.store, self.dead_queue) if message.id not in known]
        assert [message.body for message in fresh] == [item.body for item in moved]
        for message, item in zip(fresh, moved, strict=True):
            assert message.id not in self.model.gone
            self.model.bury(message.id, item, dead_ttl or item.ttl, self.now)

    @precondition(lambda self: self.model.claims)
    @rule(choice=choices, ttl=ttls, grace=graces)
    def renew(self, choice, ttl, grace):
        claim = pick(self.model.claims, choice)
        held = self.model.held(claim, self.now)
        if not held:
            with pytest.raises(ClaimNotFound):
                self.store.claims.renew(self.queue, named(claim.id), ttl=ttl, grace=grace)
            return
        self.store.claims.renew(self.queue, named(claim.id), ttl=ttl, grace=grace)
        claim.ttl, claim.since = ttl, self.now
        for item in held:
            item.extend(self.now, ttl, grace)

    @precondition(lambda self: self.model.claims)
    @rule(choice=choices)
    def release(self, choice):
        claim = pick(self.model.claims, choice)
        self.store.claims.release(self.queue, named(claim.id))
        for item in self.model.held(claim, self.now):
            item.held = None

    @precondition(lambda self: self.model.messages)
    @rule(choice=choices, claim_choice=choices, way=st.sampled_from(["none", "holder", "any", "unknown"]))
    def delete(self, choice, claim_choice, way):
        item = pick(self.model.messages, choice)
        claim = {"holder": item.held, "any": pick(self.model.claims, claim_choice)}.get(way)
        claim_id = named(claim.id) if claim else UNKNOWN if way == "unknown" else None
        refusal = self.model.refusal(item, claim, claim_id, self.now)
        if refusal is not None:
            with pytest.raises(refusal):
                self.store.messages.delete(self.queue, named(item.id), claim_id=claim_id)
            return
        self.store.messages.delete(self.queue, named(item.id), claim_id=claim_id)
        self.model.forget([item])

    @precondition(lambda self: self.model.messages)
    @rule(picked=st.lists(choices, max_size=3), claimed=st.none() | st.lists(choices, max_size=2))
    def delete_many(self, picked, claimed):
        items = [pick(self.model.messages, choice) for choice in picked]
        claims = [pick(self.model.claims, choice) for choice in claimed or [] if self.model.claims]
        claim_ids = None if claimed is None else parse_ids([claim.id for claim in claims])
        living = [item for item in items if item.lives(self.now)]
        if claimed is not None and not all(item.is_claimed(self.now) and item.held in claims for item in living):
            with pytest.raises(MessageClaimed):
                self.store.messages.delete_many(self.queue, parse_ids([item.id for item in items]), claim_ids=claim_ids)
            return
        self.store.messages.delete_many(self.queue, parse_ids([item.id for item in items]), claim_ids=claim_ids)
        self.model.forget(items)

    @rule(limit=st.integers(1, 4))
    def pop(self, limit):
        popped = self.store.messages.pop(self.queue, limit=limit)

        ready = self.model.ready(self.now)[:limit]
        assert popped == [item.shown(self.now) for item in ready]
        self.model.forget(ready)

    @rule(limit=st.integers(1, 5), claimed=st.booleans(), delayed=st.booleans(), hidden=st.booleans(), choice=choices)
    def list_page(self, limit, claimed, delayed, hidden, choice):
        filters = {
            "marker": pick([None, *(item.id for item in self.model.messages), *self.model.gone], choice),
            "hidden_client_id": CONSUMER if hidden else None,
            "include_claimed": claimed,
            "include_delayed": delayed,
        }

        page = listed(self.store, self.queue, limit=limit, **filters)

        assert page == self.model.page(**filters, now=self.now)[:limit]

    @rule(seconds=st.sampled_from([1, 4, 5, 10, 20, 60]))
    def move_clock(self, seconds):
        self.clock.move(seconds)

    @precondition(lambda self: len(self.model.messages) > 8)
    @rule()
    def purge(self):
        self.store.records.purge(self.queue)
        self.model.forget(self.model.messages)

    @rule()
    def sweep(self):
        sweep_all(self.store)
        self.model.forget([item for item in self.model.messages if not item.lives(self.now)])
        self.stats_agree()

    @rule()
    def claims_agree(self):
        for claim in self.model.claims:
            held = self.model.held(claim, self.now)
            if not held:
                with pytest.raises(ClaimNotFound):
                    self.store.claims.get(self.queue, named(claim.id))
                continue
            shown = self.store.claims.get(self.queue, named(claim.id))
            assert (shown.ttl, shown.age) == (claim.ttl, self.now - claim.since)
            assert list(shown.messages) == [item.shown(self.now) for item in held]

    @rule()
    def messages_agree(self):
        message_ids = [*self.model.gone, *(item.id for item in self.model.messages)]
        living = [item.shown(self.now) for item in self.model.living(self.now)]
        assert self.store.messages.get(self.queue, parse_ids(message_ids)) == living
        assert everything(self.store, self.queue) == living

    @rule()
    def stats_agree(self):
        stats = self.store.records.stats(self.queue)
        living = self.model.living(self.now)
        claimed = sum(item.is_claimed(self.now) for item in living)
        assert len(living) <= stats.total <= len(self.model.messages)
        assert stats.claimed >= claimed
        if len(living) == len(self.model.messages):  # else what has expired may still be counted
            assert stats.claimed == claimed
        if living:
            assert (stats.oldest.id, stats.newest.id) == (living[0].id, living[-1].id)
            assert stats.oldest.age == self.now - living[0].created

    @rule()
    def dead_letters_agree(self):
        shown = listed(self.store, self.dead_queue)
        assert shown == [item.shown(self.now) for item in self.model.dead if item.lives(self.now)]
        assert ids(shown) == sorted(ids(shown))

    def teardown(self):
        self.claims_agree()
        self.messages_agree()
        self.dead_letters_agree()
        self.sweep()
        # Some stand-ins look at everything there is: an example is not to pay for all that came before it.
        for key in (self.queue, self.dead_queue):
            self.store.records.delete(key)
        sweep_all(self.store)


@pytest.mark.timeout(600)  # two hundred examples, which stand-ins in Python take minutes for on a busy machine
def test_a_store_does_what_the_model_does(stores, clock):
    sides = [stores.message, stores.reopen().message]

    run_state_machine_as_test(lambda: QueueMachine(sides, clock), settings=MODEL_SETTINGS)
