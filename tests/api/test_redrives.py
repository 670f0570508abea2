"""Bringing dead letters back (http section 7.10)."""

import pytest

from tests.api.notified import notified


@pytest.fixture
def service(tmp_path, clock):
    with notified(tmp_path, clock) as made:
        yield made


@pytest.fixture
def caller(service):
    """A client with a queue ``q`` whose three messages are dead letters in ``dead``."""
    client = service.client
    client.create_queue(
        "q", {"_max_claim_count": 1, "_dead_letter_queue": "dead", "_dead_letter_queue_messages_ttl": 500}
    )
    client.post("q", 1, 2, 3, ttl=1000)
    client.release("q", client.claim("q").claim_id)
    assert client.claim("q").messages == []
    return client


def _begin(client, queue="dead", **terms):
    return client.ask("POST", f"/queues/{queue}/redrive", document=terms)


def _begun(client, **terms):
    answer = _begin(client, **terms)
    assert answer.status == 202, answer
    return answer.body["redrive_id"]


def _show(client, redrive_id, queue="dead"):
    return client.ask("GET", f"/queues/{queue}/redrive/{redrive_id}")


def test_it_is_begun_and_told_where_it_is(caller, service):
    """R-5"""
    service.heard.taken()

    answer = caller.ask("POST", "/queues/dead/redrive")

    assert answer.status == 202
    assert set(answer.body) == {"redrive_id"}
    assert answer.headers["location"] == f"/v2/queues/dead/redrive/{answer.body['redrive_id']}"
    assert service.heard.taken() == [service.key("queues/dead")]


def test_dead_letters_go_back_to_where_they_came_from(caller, service, clock):
    """R-1, R-4"""
    begun = clock.text()
    redrive_id = _begun(caller)
    assert caller.stats("dead").total == 3
    clock.move(1)

    service.redrive()

    assert _show(caller, redrive_id).body == {
        "id": redrive_id,
        "state": "done",
        "dry_run": False,
        "moved": 3,
        "skipped": 0,
        "created": begun,
        "ended": clock.text(),
    }
    back = caller.list("q", echo=True)
    assert back.bodies == [1, 2, 3]
    assert {(one.ttl, one.age) for one in back.messages} == {(1000, 0)}
    assert caller.stats("dead").total == 0


def test_what_was_brought_back_is_worked_at_anew_and_tells_how_often_it_was(caller, service):
    """R-4, M-53"""
    _begun(caller)
    service.redrive()

    claimed = caller.claim("q")

    assert claimed.bodies == [1, 2, 3]
    shown = caller.ask("GET", f"/queues/q/messages/{claimed.ids[0]}/details").body
    assert (shown["claim_count"], shown["redriven"], shown["reason"]) == (1, 1, "max_claim_count")


def test_they_go_to_another_queue_that_is_named(caller, service):
    """R-2: which is created, and gets what is no dead letter, too."""
    caller.post("dead", "mine")

    redrive_id = _begun(caller, to="other")
    service.redrive()

    assert caller.list("other", echo=True).bodies == [1, 2, 3, "mine"]
    assert _show(caller, redrive_id).body["to"] == "other"


def test_what_is_no_dead_letter_stays(caller, service):
    """R-4"""
    caller.post("dead", "mine")

    redrive_id = _begun(caller)
    service.redrive()

    shown = _show(caller, redrive_id).body
    assert (shown["moved"], shown["skipped"]) == (3, 1)
    assert caller.list("dead", echo=True).bodies == ["mine"]


@pytest.mark.parametrize(
    ("terms", "left"), [({"limit": 2}, 1), ({"reason": "expired"}, 3), ({"reason": "max_claim_count"}, 0)]
)
def test_only_what_the_terms_choose_is_moved(caller, service, terms, left):
    """R-2"""
    redrive_id = _begun(caller, **terms)

    service.redrive()

    assert caller.stats("dead").total == left
    shown = _show(caller, redrive_id).body
    assert shown["moved"] == 3 - left
    assert terms.items() <= shown.items()


def test_a_dry_run_moves_nothing(caller, service):
    """R-2, R-8"""
    redrive_id = _begun(caller, dry_run=True, rate=100_000)

    service.redrive()

    shown = _show(caller, redrive_id).body
    assert (shown["would_move"], shown["dry_run"], shown["rate"], shown["state"]) == (3, True, 100_000, "done")
    assert "moved" not in shown
    assert (caller.stats("dead").total, caller.stats("q").total) == (3, 0)


def test_one_runs_at_a_time(caller, service):
    """R-6"""
    redrive_id = _begun(caller)

    refused = _begin(caller)

    assert refused.error == (409, "Resource conflict")
    assert redrive_id in refused.body["description"]
    service.redrive()
    assert _begin(caller).status == 202


def test_the_latest_is_listed(caller, service):
    """R-7"""
    assert caller.ask("GET", "/queues/dead/redrive").body == {"redrives": []}
    assert caller.ask("GET", "/queues/missing/redrive").body == {"redrives": []}
    first = _begun(caller)
    service.redrive()
    second = _begun(caller)

    (shown,) = caller.ask("GET", "/queues/dead/redrive").body["redrives"]

    assert (shown["id"], shown["state"]) == (second, "running")
    assert "ended" not in shown
    assert _show(caller, second).body == shown
    assert _show(caller, first).error == (404, "Not found")


def test_who_cancels_it_keeps_what_is_there(caller, service):
    """R-9"""
    redrive_id = _begun(caller)

    answers = [caller.ask("DELETE", f"/queues/dead/redrive/{redrive_id}") for _ in range(2)]
    service.redrive()

    assert [(answer.status, answer.data) for answer in answers] == [(204, b"")] * 2
    shown = _show(caller, redrive_id).body
    assert (shown["state"], shown["moved"]) == ("cancelled", 0)
    assert "ended" in shown
    assert caller.stats("dead").total == 3


def test_one_that_is_not_there_can_neither_be_shown_nor_cancelled(caller):
    """R-8, R-9"""
    redrive_id = _begun(caller)
    other = f"{redrive_id[:-1]}{'1' if redrive_id[-1] == '0' else '0'}"

    for path in (f"/queues/dead/redrive/{other}", "/queues/dead/redrive/x", f"/queues/q/redrive/{redrive_id}"):
        assert caller.ask("GET", path).error == (404, "Not found")
        assert caller.ask("DELETE", path).error == (404, "Not found")
    assert _show(caller, redrive_id).body["state"] == "running"


def test_a_missing_queue_has_nothing_to_bring_back(caller):
    """R-6"""
    assert _begin(caller, "missing").error == (404, "Not found")
    assert "missing" not in caller.list_queues().names


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        ({"to": "dead"}, "to"),
        ({"to": "a b"}, "to"),
        ({"limit": 0}, "limit"),
        ({"rate": 100_001}, "rate"),
        ({"reason": "x"}, "max_claim_count"),
        ({"dry_run": "no"}, "dry_run"),
        ({"dryrun": True}, "dry_run"),
    ],
)
def test_terms_that_mean_nothing_are_refused_and_begin_nothing(caller, terms, word):
    """R-2"""
    refused = _begin(caller, **terms)

    assert refused.error == (400, "Invalid API request")
    assert word in refused.body["description"]
    assert caller.ask("GET", "/queues/dead/redrive").body == {"redrives": []}


@pytest.mark.parametrize("body", [b"{", b"1"])
def test_a_body_that_is_no_document_is_refused(caller, body):
    """R-2, X-36"""
    assert caller.request("POST", "/v2/queues/dead/redrive", body).error == (400, "Invalid request body")


def test_null_is_not_given(caller):
    """R-2"""
    redrive_id = _begun(caller, to=None, limit=None, rate=None, reason=None, dry_run=None)

    assert {"to", "limit", "rate", "reason"}.isdisjoint(_show(caller, redrive_id).body)


def test_where_nothing_would_run_it_none_is_begun(tmp_path, clock):
    """R-6"""
    with notified(tmp_path, clock, "[notification]\nenabled = false\n") as service:
        service.client.create_queue("dead")

        refused = _begin(service.client)

        assert refused.error == (400, "Invalid API request")
        assert "[notification] enabled" in refused.body["description"]


def test_a_purge_cancels_it(caller, service):
    """R-9"""
    redrive_id = _begun(caller)

    caller.purge("dead")
    service.redrive()

    assert _show(caller, redrive_id).body["state"] == "cancelled"
    assert caller.stats("q").total == 0
