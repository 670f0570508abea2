"""Every limit that an operator sets is reached and not passed (http section 2.1)."""

import pytest

from zaqar.errors import Invalid

LIMITS = {
    "max_queues_per_page": (1, 3, lambda client, n: client.list_queues(limit=n)),
    "max_messages_per_page": (1, 3, lambda client, n: client.list("q", limit=n)),
    "max_messages_per_claim_or_pop": (1, 3, lambda client, n: client.claim("q", limit=n)),
    "max_message_ttl": (60, 100, lambda client, n: client.post("q", 1, ttl=n)),
    "max_message_delay": (0, 10, lambda client, n: client.post("q", 1, delay=n)),
    "max_claim_ttl": (60, 100, lambda client, n: client.claim("q", {"ttl": n})),
    "max_claim_grace": (60, 100, lambda client, n: client.claim("q", {"grace": n})),
}
OTHERS = [
    ("max_messages_per_claim_or_pop", 1, lambda client, n: client.pop("q", n)),
    ("max_messages_per_page", 1, lambda client, n: client.delete_many("q", *["x"] * n)),
    ("max_message_ttl", 60, lambda client, n: client.create_queue("r", {"_default_message_ttl": n})),
    ("max_message_ttl", 60, lambda client, n: client.create_queue("r", {"_dead_letter_queue_messages_ttl": n})),
    ("max_message_delay", 0, lambda client, n: client.create_queue("r", {"_default_message_delay": n})),
    ("max_messages_post_size", 1, lambda client, n: client.create_queue("r", {"_max_messages_post_size": n})),
]
MOST = {option: most for option, (_, most, _) in LIMITS.items()} | {"max_messages_post_size": 5000}
ASKING = [(option, least, ask) for option, (least, _, ask) in LIMITS.items()] + OTHERS


@pytest.mark.parametrize(("option", "least", "ask"), ASKING)
def test_every_limit_is_reached_and_not_passed(configured, option, least, ask):
    """Section 2.1: least - 1, least, most, most + 1."""
    most = MOST[option]
    client = configured("[transport]\n" + "".join(f"{name} = {value}\n" for name, value in MOST.items()))
    client.post("q", 1)

    assert [ask(client, number).is_done for number in (least, most)] == [True, True]
    for number in (least - 1, most + 1):
        assert ask(client, number).error is Invalid


@pytest.mark.parametrize("most", [60, 100])
def test_a_default_is_never_beyond_its_limit(configured, most):
    client = configured(f"[transport]\nmax_message_ttl = {most}\nmax_claim_ttl = {most}\nmax_claim_grace = 60\n")

    assert client.post("q", 1).is_done
    assert client.claim("q").bodies == [1]
