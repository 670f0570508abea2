"""Every operation of the message store, on a queue of 25 messages of which a claim holds five."""

from tests.builders import dead_letter_rule, new_message, numbered_messages
from tests.conformance.acts import CONSUMER, claim, listed, post
from zaqar.storage.ids import named, parse_ids


def claimed_ids(held):
    return [message.id for message in held.messages]


OPERATIONS = {
    "post of 1": (lambda s, q, h: post(s, q, new_message()), 3),
    "post of 20": (lambda s, q, h: post(s, q, *numbered_messages(20)), 3),
    "post of a delayed one": (lambda s, q, h: post(s, q, new_message(delay=60)), 3),
    "list": (lambda s, q, h: listed(s, q, limit=10), 1),
    "list without echo": (lambda s, q, h: listed(s, q, limit=10, hidden_client_id=CONSUMER), 1),
    "list with claimed": (lambda s, q, h: listed(s, q, limit=10, include_claimed=True), 2),
    "list with delayed": (lambda s, q, h: listed(s, q, limit=10, include_delayed=True), 2),
    "list of all": (lambda s, q, h: listed(s, q, limit=10, include_claimed=True, include_delayed=True), 2),
    "list behind a marker": (lambda s, q, h: listed(s, q, limit=10, marker=h.messages[0].id), 1),
    "get of 1": (lambda s, q, h: s.messages.get(q, parse_ids(claimed_ids(h)[:1])), 1),
    "get of 5": (lambda s, q, h: s.messages.get(q, parse_ids(claimed_ids(h))), 1),
    "claim of 10": (lambda s, q, h: claim(s, q, limit=10), 2),
    "claim with grace": (lambda s, q, h: claim(s, q, ttl=43200, limit=10), 2),
    "claim with a rule": (lambda s, q, h: claim(s, q, dead_letter=dead_letter_rule(q)), 2),
    "claim get": (lambda s, q, h: s.claims.get(q, named(h.id)), 1),
    "claim renew": (lambda s, q, h: s.claims.renew(q, named(h.id), ttl=900, grace=60), 2),
    "claim release": (lambda s, q, h: s.claims.release(q, named(h.id)), 2),
    "delete of an unclaimed one": (lambda s, q, h: s.messages.delete(q, named(h.free), claim_id=None), 1),
    "delete of a claimed one": (
        lambda s, q, h: s.messages.delete(q, named(claimed_ids(h)[0]), claim_id=named(h.id)),
        1,
    ),
    "delete of 5": (lambda s, q, h: s.messages.delete_many(q, parse_ids(claimed_ids(h)), claim_ids=None), 1),
    "delete of unclaimed ones": (lambda s, q, h: s.messages.delete_many(q, parse_ids([h.free]), claim_ids=None), 2),
    "delete of 5 with their claim": (
        lambda s, q, h: s.messages.delete_many(q, parse_ids(claimed_ids(h)), claim_ids=parse_ids([h.id])),
        2,
    ),
    "pop of 1": (lambda s, q, h: s.messages.pop(q, limit=1), 3),
    "pop of 10": (lambda s, q, h: s.messages.pop(q, limit=10), 3),
    "stats": (lambda s, q, h: s.records.stats(q), 1),
    "purge": (lambda s, q, h: s.records.purge(q), 5),
    "create of an old queue": (lambda s, q, h: s.records.create(q), 2),
    "delete of the queue": (lambda s, q, h: s.records.delete(q), 5),
}
"""Each with the commands that it takes: the round trips of storage 10.4."""


class Scene:
    """What the operations are done to."""

    def __init__(self, store, queue, *, count=25):
        ids = post(store, queue, *numbered_messages(count))
        held = claim(store, queue, limit=5)
        self.id, self.messages, self.free = held.id, held.messages, ids[-1]
        store.parts.writer.write_all()
