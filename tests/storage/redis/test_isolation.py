"""An id is no key: it opens nothing but what it names in its own queue. W-R11."""

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, listed, post
from tests.storage.redis.opening import management_store
from zaqar.errors import ClaimNotFound, ClaimNotHeld, MessageClaimed
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.redis.keys import directory_of, keys_of, posting_keys_of


@pytest.fixture
def foreign(server, store):
    """The queue of another tenant, with everything a queue can have."""
    key = queue_key()
    management = management_store(server.uri)
    management.queues.create(key, {"colour": "red"})
    management.close()
    store.records.create(key)
    post(store, key, *numbered_messages(5), new_message(delay=60))
    claim(store, key, limit=2)
    return key


def _contents(client):
    return {key: (client.type(key), client.dump(key)) for key in client.scan_iter()}


def _names(client, foreign):
    """Return every key there is, also as a part of one that the driver makes, and every id."""
    keys = [key.decode() for key in client.scan_iter()]
    messages = [id_.decode() for id_ in client.hkeys(keys_of(foreign).messages)]
    claims = [id_.decode() for id_ in client.zrange(keys_of(foreign).claims, 0, -1)]
    assert len(messages) == 6
    assert len(claims) == 1
    return [*keys, *(key.partition("}:")[2] for key in keys), *messages, *claims, "*", "", "0"]


def test_no_key_and_no_foreign_id_reads_or_removes_anything(store, queue, client, foreign):
    """W-R11: every tenant could read and delete every message, and other records by the names of their keys."""
    names = _names(client, foreign)
    post(store, queue, new_message())
    before = _contents(client)

    for name in names:
        assert store.messages.get(queue, parse_ids([name])) == []
        store.messages.delete(queue, named(name), claim_id=None)
        store.messages.delete(queue, named(name), claim_id=named(name))
        store.messages.delete_many(queue, parse_ids([name]), claim_ids=None)
        store.messages.delete_many(queue, parse_ids([name]), claim_ids=parse_ids([name]))
        store.claims.release(queue, named(name))
        with pytest.raises(ClaimNotFound):
            store.claims.get(queue, named(name))
        with pytest.raises(ClaimNotFound):
            store.claims.renew(queue, named(name), ttl=300, grace=60)

    assert _contents(client) == before


def test_no_key_and_no_foreign_id_serves_as_a_claim(store, queue, client, foreign):
    """W-R11."""
    (message_id,) = post(store, queue, new_message())
    names = _names(client, foreign)

    for name in names:
        with pytest.raises(ClaimNotHeld):
            store.messages.delete(queue, named(message_id), claim_id=named(name))
        with pytest.raises(MessageClaimed):
            store.messages.delete_many(queue, parse_ids([message_id]), claim_ids=parse_ids([name]))

    assert len(listed(store, queue)) == 1


def test_every_operation_touches_only_keys_of_its_queue(store, queue, foreign, watch):
    """W-R11: and all of them are declared, as a Cluster demands."""
    with watch() as sent:
        message_ids = post(store, queue, *numbered_messages(9))
        held = claim(store, queue, limit=2)
        store.claims.get(queue, named(held.id))
        store.claims.renew(queue, named(held.id), ttl=300, grace=60)
        store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id))
        store.claims.release(queue, named(held.id))
        store.messages.get(queue, parse_ids(message_ids))
        store.messages.delete_many(queue, parse_ids(message_ids[3:4]), claim_ids=None)
        everything(store, queue)
        store.records.stats(queue)
        store.messages.pop(queue, limit=1)
        store.records.purge(queue)
        store.records.delete(queue)

    tag = keys_of(queue).record.decode()
    for one in sent:
        declared = one.words[3 : 3 + int(one.words[2])] if one.name == "EVALSHA" else one.words[1:]
        assert all(key == tag or key.startswith(tag + ":") for key in declared)
        touched = [key for words in one.inside for key in (words[1:] if words[0] == "UNLINK" else words[1:2])]
        assert set(touched) <= set(declared)


def test_a_dead_letter_touches_two_queues_one_at_a_time(store, queue, foreign, watch):
    """W-R11, W-R22: no script has keys of two slots."""
    post(store, queue, new_message())
    store.claims.release(queue, named(claim(store, queue).id))
    tags = [keys_of(key).record.decode() for key in (queue, foreign)]

    with watch() as sent:
        claim(store, queue, dead_letter=dead_letter_rule(foreign))

    seen = [{tag for tag in tags for word in one.words if word.startswith(tag)} for one in sent]
    for one in sent:
        if one.name == "EVALSHA":
            keys = one.words[3 : 3 + int(one.words[2])]
            assert len({key.partition("}")[0] for key in keys}) == 1
    assert set().union(*seen) == set(tags)


def test_the_keys_of_queues_and_directories_differ():
    """W-R11, W-R12: whatever projects, names and tokens are made of."""
    texts = ["", "a", "q", "t", "directory", "queues_set", "a.b", "a:b", "a/b", "{a}", "}", "{", "}:ready", "%7D", "%"]
    texts += ["names", "posted:0123456789abcdef", "messages", "ü", "u\u0308", "x" * 256, "a\nb", "a b", "\0"]
    seen = {}
    for project in texts:
        for kind in ("queue", "topic"):
            for key in directory_of(project, kind):
                assert seen.setdefault(key, (project, kind)) == (project, kind)
            for name in texts:
                queue = queue_key(project=project, name=name, kind=kind)
                for key in {*keys_of(queue), *posting_keys_of(queue, "0123456789abcdef")}:
                    assert seen.setdefault(key, queue) == queue
                    assert key.count(b"{") == key.count(b"}") == 1, "one hash tag"
