"""Messages that were claimed too often and are thrown away (http C-22, Q-40)."""

import pytest


def _stats(client, path="/queues/q/stats"):
    return client.ask("GET", path)


def _claim_and_release(client, times):
    for _ in range(times):
        client.release("q", client.claim("q").claim_id)


def test_what_was_claimed_too_often_is_thrown_away_and_counted(client):
    """C-22, Q-40: the claim goes on with the messages behind."""
    client.create_queue("q", {"_max_claim_count": 2, "_discard": True})
    client.post("q", 1, 2)
    _claim_and_release(client, 2)
    client.post("q", 3)

    assert client.claim("q").bodies == [3]

    answer = _stats(client)
    assert answer.headers["zaqar-discarded"] == "2"
    assert set(answer.body["messages"]) == {"claimed", "free", "total", "oldest", "newest"}
    assert answer.body["messages"]["total"] == 1
    assert client.list_queues().names == ["q"]


def test_the_number_is_of_queues_that_exist(client):
    """Q-40"""
    assert "zaqar-discarded" not in _stats(client).headers
    client.create_queue("q")
    assert _stats(client).headers["zaqar-discarded"] == "0"
    client.ask("PUT", "/topics/t")
    assert "zaqar-discarded" not in _stats(client, "/topics/t/stats").headers


@pytest.mark.parametrize(
    "metadata",
    [{"_discard": True}, {"_discard": True, "_max_claim_count": 0}, {"_discard": False, "_max_claim_count": 1}],
)
def test_without_both_settings_nothing_is_thrown_away(client, metadata):
    """Q-14"""
    client.create_queue("q", metadata)
    client.post("q", 1)
    _claim_and_release(client, 5)

    assert client.claim("q").bodies == [1]
    assert _stats(client).headers["zaqar-discarded"] == "0"
