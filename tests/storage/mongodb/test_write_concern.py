"""Write concerns at the start: what is weak is told, and what a server can never give is refused."""

import pytest

from tests.integration.proxy import Fault, proxy_to
from tests.storage.mongodb.opening import warnings
from tests.storage.mongodb.test_refusals import ROUTER, answering, claim_to_be
from zaqar.errors import ConfigurationError

THREE = {"ok": 1.0, "setName": "rs", "hosts": ["a:1", "b:1"], "passives": ["c:1"], "arbiters": ["d:1"]}
CONFIGURATION = {
    "ok": 1.0,
    "config": {
        "members": [{"_id": number} for number in range(4)] + [{"_id": 4, "arbiterOnly": True}],
        "settings": {"getLastErrorModes": {"two_sites": {"site": 2}}},
    },
}
FORBIDDEN = {"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "not authorized on admin"}


@pytest.fixture
def told(server):
    """Return what asks for the warnings of a server that says this of itself and of its set."""
    with proxy_to(server.port) as proxy:

        def ask(words, *, hello, configuration=FORBIDDEN, **options):
            claim_to_be(proxy, hello)
            proxy.fail(Fault.REFUSE, containing=b"replSetGetConfig", answer=answering(configuration))
            return warnings(f"mongodb://127.0.0.1:{proxy.port}/?{words}", **options)

        yield ask


@pytest.mark.parametrize("words", ["w=2", "w=two_sites"])
def test_a_single_server_takes_no_word_of_several(server, words):
    with pytest.raises(ConfigurationError, match="single server"):
        warnings(f"{server.uri}/?{words}")


@pytest.mark.parametrize("words", ["w=majority", "w=2", "w=4", "w=two_sites"])
def test_what_a_set_can_give_is_taken(told, words):
    assert told(words, hello=THREE, configuration=CONFIGURATION) == []


@pytest.mark.parametrize(("words", "reason"), [("w=5", "4 members"), ("w=three_sites", "getLastErrorModes")])
def test_what_a_set_can_never_give_is_refused(told, words, reason):
    with pytest.raises(ConfigurationError, match=reason):
        told(words, hello=THREE, configuration=CONFIGURATION)


@pytest.mark.parametrize("words", ["w=3", "w=three_sites"])
def test_what_cannot_be_known_is_left_to_the_operator(told, words):
    assert told(words, hello=THREE) == []


def test_more_than_the_members_that_are_told_is_a_warning_since_hidden_ones_count(told):
    (line,) = told("w=4", hello=THREE)

    assert "w=4" in line
    assert "3 members" in line


@pytest.mark.parametrize("words", ["w=9", "w=three_sites"])
def test_nothing_is_asked_behind_a_router(told, words):
    assert all("acknowledge" not in line for line in told(words, hello=ROUTER))


@pytest.mark.parametrize(
    ("words", "what"), [("w=1", "w=1"), ("journal=false", "journal"), ("w=2&journal=false", "journal")]
)
def test_what_is_weak_is_told(told, words, what):
    (line,) = told(words, hello=THREE, unreliable=True)

    assert what in line
    assert "may be lost" in line
