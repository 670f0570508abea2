import hashlib

import pytest

from tests.storage.children import child
from zaqar.errors import Unavailable
from zaqar.transport.identity import Credentials
from zaqar.transport.status import Unauthenticated
from zaqar.transport.tokens.memory import Memory
from zaqar.transport.tokens.tokens import Tokens
from zaqar.transport.tokens.verdict import Refused, Verdict

ONE = Credentials("one", "somebody", ("member",))


class Service:
    """Knows some tokens."""

    uri = "http://keystone/v3"

    def __init__(self, **known):
        self.known = known
        self.asked = []

    def validate(self, token, service_token):
        self.asked.append((token, service_token))
        verdict = self.known.get(token)
        if verdict is None:
            raise Refused
        if isinstance(verdict, Exception):
            raise verdict
        return verdict


def _env(token=None, **more):
    return {**({} if token is None else {"HTTP_X_AUTH_TOKEN": token}), **more}


def test_a_token_is_asked_for_once():
    service = Service(good=Verdict(ONE, 300))
    tokens = Tokens(service, most_validations=4)

    assert [tokens.credentials(_env("good")) for _ in range(5)] == [ONE] * 5
    assert service.asked == [("good", None)]


def test_no_token_is_kept_only_its_digest():
    memory = Memory()
    Tokens(Service(good=Verdict(ONE, 300)), most_validations=4, memory=memory).credentials(_env("good"))

    assert (len(memory), memory.get(hashlib.blake2b(b"good", digest_size=32).digest()) is None) == (1, False)


@pytest.mark.parametrize("env", [_env(), _env(""), _env("bad"), _env("gööd"), _env("good,good")])
def test_anything_else_is_refused_with_the_place_of_tokens(env):
    with pytest.raises(Unauthenticated) as refusal:
        Tokens(Service(good=Verdict(ONE, 300)), most_validations=4).credentials(env)

    assert refusal.value.uri == "http://keystone/v3"


def test_a_refusal_is_not_remembered():
    service = Service()
    tokens = Tokens(service, most_validations=4)
    with pytest.raises(Unauthenticated):
        tokens.credentials(_env("late"))

    service.known["late"] = Verdict(ONE, 300)

    assert tokens.credentials(_env("late")) == ONE


def test_a_service_that_does_not_answer_is_an_outage_and_known_tokens_go_on():
    service = Service(good=Verdict(ONE, 300), other=Unavailable("away"))
    tokens = Tokens(service, most_validations=4)
    tokens.credentials(_env("good"))
    service.known["good"] = Unavailable("away")

    assert tokens.credentials(_env("good")) == ONE
    with pytest.raises(Unavailable):
        tokens.credentials(_env("other"))


def test_with_a_service_token_the_service_is_asked_each_time_and_nothing_is_remembered():
    service = Service(expired=Verdict(ONE, 300))
    tokens = Tokens(service, most_validations=4)

    for _ in range(2):
        assert tokens.credentials(_env("expired", HTTP_X_SERVICE_TOKEN="nova")) == ONE
    del service.known["expired"]

    with pytest.raises(Unauthenticated):
        tokens.credentials(_env("expired"))
    assert service.asked == [("expired", "nova"), ("expired", "nova"), ("expired", None)]


def test_a_known_token_does_not_make_a_service_token_good():
    service = Service(good=Verdict(ONE, 300))
    tokens = Tokens(service, most_validations=4)
    tokens.credentials(_env("good"))
    service.known.clear()

    with pytest.raises(Unauthenticated):
        tokens.credentials(_env("good", HTTP_X_SERVICE_TOKEN="forged"))


def test_what_a_token_is_good_for_is_looked_at_for_every_request():
    def check(env):
        if env["PATH_INFO"] != "/v2/ping":
            raise Refused

    service = Service(narrow=Verdict(ONE, 300, check))
    tokens = Tokens(service, most_validations=4)

    for _ in range(2):
        assert tokens.credentials(_env("narrow", PATH_INFO="/v2/ping")) == ONE
        with pytest.raises(Unauthenticated):
            tokens.credentials(_env("narrow", PATH_INFO="/v2/queues"))
    assert len(service.asked) == 1


def test_a_forked_process_asks_anew():
    service = Service(good=Verdict(ONE, 300))
    tokens = Tokens(service, most_validations=1)
    tokens.credentials(_env("good"))

    def ask_again(_):
        assert tokens.credentials(_env("good")) == ONE
        assert len(service.asked) == 2

    with child(ask_again) as forked:
        assert forked.end() == 0
    assert len(service.asked) == 1
