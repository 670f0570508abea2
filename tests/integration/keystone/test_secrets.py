"""No secret in any log or error, at the level DEBUG: tokens, passwords, keys, signatures and bodies."""

import itertools
import signal

import pytest
import requests

from tests.integration.keystone.conftest import Caller
from tests.integration.keystone.server import PASSWORD, keystone
from tests.integration.process import running_server, wait_until
from tests.integration.redis_servers import redis_server

STORE_PASSWORD = "redis-not-2-be-seen"
KEY = "signing-key-not-2-be-seen"
MEMCACHE_KEY = "memcache-key-not-2-be-seen"
BODY = "body-not-2-be-seen"
SIGNATURE = "5ec4e7" * 10
FORGED = "gAAAAforged-not-2-be-seen"
MESSAGES = {"messages": [{"body": {BODY: BODY}, "ttl": 300}]}


@pytest.fixture(scope="module")
def own_keystone():
    with keystone() as server:
        yield server


@pytest.fixture(scope="module")
def store():
    with redis_server(password=STORE_PASSWORD) as server:
        yield server


def _settings(server, store):
    settings = server.settings(token_cache_time=1, memcache_secret_key=MEMCACHE_KEY, http_request_max_retries=1)
    # Also what the libraries would say, which is left out by default.
    levels = ",".join(
        f"{name}=DEBUG" for name in ("keystoneauth", "keystonemiddleware", "urllib3", "requests", "stevedore")
    )
    settings["DEFAULT"] |= {"debug": "true", "default_log_levels": levels}
    settings["drivers"] = {"message_store": "redis"}
    settings["drivers:message_store:redis"] = {"uri": store.uri}
    settings["signed_url"] = {"secret_key": KEY}
    return settings


def _ask_everything(ask: Caller, token: str) -> list[requests.Response]:
    """Send what is served and what is refused, bodies that are no JSON and such that are too long among it."""
    signed = {
        "URL_Signature": SIGNATURE,
        "URL_Expires": "2100-01-01T00:00:00",
        "URL_Methods": "GET",
        "URL_Paths": "/v2",
    }
    answers = [
        ask(method, path, who, json=json)
        for who, (method, path, json) in itertools.product(
            (token, FORGED, None),
            (
                ("GET", "/v2/queues", None),
                ("PUT", "/v2/queues/q", {BODY: BODY}),
                ("PUT", "/v2/queues/q", {"_max_messages_post_size": BODY}),
                ("PATCH", "/v2/queues/q", [{"op": BODY}]),
                ("POST", "/v2/queues/q/messages", MESSAGES),
                ("POST", "/v2/queues/q/messages", {"messages": [{"body": BODY, "ttl": BODY}]}),
                ("POST", "/v2/queues/q/messages", {"messages": BODY}),
                ("POST", "/v2/queues/q/claims", {"ttl": BODY}),
                ("POST", "/v2/queues/q/messages", {"messages": [{"body": BODY * 30_000}]}),
            ),
        )
    ]
    answers.append(ask("GET", "/v2/queues", token, X_Service_Token=FORGED))
    answers.append(ask("GET", "/v2/queues", **signed))
    answers.append(ask("GET", "/v2/queues", token, EXTRA_SPEC=f"unknown:{SIGNATURE}"))
    broken = requests.post(
        f"{ask.url}/v2/queues/q/messages",
        data=f'{{"messages": [{{"body": "{BODY}"',
        headers={"Client-ID": ask.client_id, "X-Auth-Token": token},
        timeout=30,
    )
    return [*answers, broken]


def test_neither_the_log_nor_an_error_tells_a_secret(own_keystone, store, tmp_path):
    tokens = [own_keystone.token("member-one"), own_keystone.token("member-one", scope={}), own_keystone.token("zaqar")]
    with running_server(tmp_path, {**_settings(own_keystone, store), "server": {"workers": 1}}) as service:
        ask = Caller(service)
        answers = _ask_everything(ask, tokens[0])
        answers.append(ask("GET", "/v2/queues", tokens[1]))
        answers.append(ask("GET", "/v2/queues", tokens[0], X_Service_Token=tokens[2]))
        store.pause()
        answers.append(ask("POST", "/v2/queues/q/messages", tokens[0], json=MESSAGES, seconds=120))
        store.resume()
        own_keystone.kill()
        wait_until(lambda: ask("GET", "/v2/queues", tokens[0]).status_code == 503, what="the token to be unknown again")
        answers += [ask("POST", "/v2/queues/q/messages", tokens[0], json=MESSAGES) for _ in range(2)]
        service.signal(signal.SIGUSR2)
        wait_until(lambda: "keystone_authtoken" in service.log, what="the report")
        service.signal(signal.SIGHUP)
        wait_until(lambda: "The configuration was reloaded" in service.log, what="the reload")
    assert {answer.status_code for answer in answers} >= {200, 201, 400, 401, 404, 503}

    assert "DEBUG keystoneauth" in service.log
    assert "DEBUG urllib3" in service.log
    errors = "\n".join(f"{answer.headers} {answer.text}" for answer in answers if answer.status_code >= 400)
    for secret in (*tokens, FORGED, PASSWORD, STORE_PASSWORD, KEY, MEMCACHE_KEY, BODY, SIGNATURE):
        assert secret not in service.log, _around(service.log, secret)
        assert secret not in errors, _around(errors, secret)


def _around(text: str, secret: str) -> str:
    place = text.index(secret)
    return text[max(0, place - 300) : place + 100]
