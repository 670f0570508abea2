"""Any interleaving of pages visits everything once (hypothesis)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.outcomes import NO_MESSAGES


@given(
    posts=st.lists(st.tuples(st.integers(1, 7), st.booleans()), max_size=12),
    limits=st.lists(st.integers(1, 20), min_size=1, max_size=8),
    echo=st.booleans(),
)
@settings(max_examples=80)
def test_any_sequence_of_limits_visits_every_message_once_and_in_order(client, posts, limits, echo):
    """M-17, M-18, M-22"""
    client = client.stranger()
    colleague = client.colleague()
    wanted, number = [], 0
    for count, is_own in posts:
        bodies = list(range(number, number + count))
        (client if is_own else colleague).post("q", *bodies)
        wanted += bodies if echo or not is_own else []
        number += count

    seen, marker, turn = [], "", 0
    while True:
        limit = limits[turn % len(limits)]
        page = client.list("q", echo=echo, limit=limit, marker=marker)
        if not page.messages:
            break
        assert len(page.bodies) <= limit
        seen += page.bodies
        marker, turn = page.ids[-1], turn + 1

    assert seen == wanted


class Traffic:
    """A queue in use, and an observer that follows its markers."""

    def __init__(self, client, clock):
        self.client = client
        self.clock = clock
        self.posted = []
        self.never_seen = set()
        self.seen = []
        self.claims = []
        self.marker = ""

    def post(self, count):
        self.posted += self.client.post("q", *range(count), ttl=86400).ids

    def post_delayed(self, seconds):
        self.posted += self.client.post("q", "later", ttl=86400, delay=seconds).ids

    def claim(self, limit):
        claim = self.client.claim("q", {"ttl": 60}, limit=limit)
        if claim.messages:
            self.claims.append(claim.claim_id)

    def release(self, _):
        if self.claims:
            self.client.release("q", self.claims.pop())

    def delete(self, index):
        if self.posted:
            message_id = self.posted[index % len(self.posted)]
            self.client.delete_many("q", message_id)
            if message_id not in self.seen:
                self.never_seen.add(message_id)

    def wait(self, seconds):
        self.clock.move(seconds)

    def read(self, limit):
        page = self.client.list(
            "q", echo=True, include_claimed=True, include_delayed=True, limit=limit, marker=self.marker
        )
        self.seen += page.ids
        self.marker = page.ids[-1] if page.ids else self.marker
        return page.ids


ACTS = ("post", "post_delayed", "claim", "release", "delete", "wait", "read")


@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 20)), max_size=25))
@settings(max_examples=150)
def test_an_observer_misses_nothing_whatever_happens_between_its_pages(client, clock, acts):
    """M-17: claims, releases, deletions, delays and time included."""
    traffic = Traffic(client.stranger(), clock)

    for act, value in acts:
        getattr(traffic, act)(value)
    while traffic.read(20):
        pass

    assert traffic.seen == [message_id for message_id in traffic.posted if message_id not in traffic.never_seen]


@given(
    names=st.sets(
        st.from_regex(r"[A-Za-z0-9_.\-]{1,64}", fullmatch=True).filter(lambda name: name not in {".", ".."}),
        max_size=30,
    ),
    limits=st.lists(st.integers(1, 20), min_size=1, max_size=5),
)
@settings(max_examples=40)
def test_any_sequence_of_limits_visits_every_queue_once_and_in_order(client, names, limits):
    """Q-4, Q-8, X-23: every name that may be."""
    client = client.stranger()
    for name in names:
        assert client.create_queue(name).is_new

    seen, page, turn = [], client.list_queues(limit=limits[0]), 0
    while page.names:
        seen += page.names
        turn += 1
        page = client.list_queues(limit=limits[turn % len(limits)], marker=seen[-1])

    assert seen == sorted(names)


@given(count=st.integers(0, 45), limit=st.integers(1, 20))
@settings(max_examples=25)
def test_following_the_pages_ends(client, count, limit):
    """K-4, clients K-9"""
    client = client.stranger()
    if count:
        client.post("q", *range(count))

    seen, page = [], client.list("q", echo=True, limit=limit)
    for _ in range(count + 1):
        if page.next is None:
            break
        seen += page.bodies
        page = page.next()

    assert (seen, page) == (list(range(count)), NO_MESSAGES)


@given(
    numbers=st.lists(st.integers(1, 20), min_size=1, max_size=10),
    count=st.integers(0, 60),
    acts=st.lists(st.sampled_from(["claim", "pop"]), min_size=1, max_size=10),
)
@settings(max_examples=40)
def test_claims_and_pops_of_any_size_take_each_message_once_and_in_order(client, numbers, count, acts):
    """C-4, M-43"""
    client = client.stranger()
    if count:
        client.post("q", *range(count))

    taken = []
    for turn in range(count + 1):
        number = numbers[turn % len(numbers)]
        batch = client.claim("q", limit=number) if acts[turn % len(acts)] == "claim" else client.pop("q", number)
        if not batch.bodies:
            break
        taken += batch.bodies

    assert taken == list(range(count))
