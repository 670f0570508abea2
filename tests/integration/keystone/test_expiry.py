"""Tokens that expire by themselves, also the one of the service's own user."""

import time

import pytest

from tests.integration.keystone.conftest import Caller
from tests.integration.keystone.server import keystone
from tests.integration.process import running_server, wait_until

SECONDS = 20


@pytest.fixture(scope="module")
def ask_and_keystone(tmp_path_factory):
    with keystone(expiration=SECONDS) as server:
        server.any_token("admin-one")
        settings = {**server.settings(token_cache_time=3600), "server": {"workers": 1}}
        with running_server(tmp_path_factory.mktemp("service"), settings) as service:
            yield Caller(service), server


def test_a_known_token_is_refused_once_it_has_expired_unless_a_service_vouches_for_it(ask_and_keystone):
    """http X-25"""
    ask, server = ask_and_keystone
    token = server.token("member-one")
    begun = time.monotonic()
    assert ask("GET", "/v2/queues", token).status_code == 200

    wait_until(lambda: ask("GET", "/v2/queues", token).status_code == 401, seconds=3 * SECONDS, what="the refusal")

    assert time.monotonic() - begun < SECONDS + 2
    assert ask("GET", "/v2/queues", token, X_Service_Token=server.token("zaqar")).status_code == 200
    assert ask("GET", "/v2/queues", token).status_code == 401
    # By now the token of the service's own user has expired, too.
    assert ask("GET", "/v2/queues", server.token("member-one")).status_code == 200
