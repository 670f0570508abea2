"""The health checks of http section 5.4."""

import pytest

from tests.api.authenticated import People, authenticated
from tests.api.conftest import built
from tests.api.http_client import HttpClient


@pytest.mark.parametrize("path", ["/healthcheck", "/healthcheck/live"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_health_check_needs_no_header(client, method, path):
    """X-14, X-27, H-13, H-14"""
    answer = client.send(method, path)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-openstack-request-id"]


@pytest.mark.parametrize("path", ["/healthcheck", "/healthcheck/live"])
def test_a_health_check_needs_no_token(tmp_path, clock, path):
    """X-27"""
    with authenticated(tmp_path, clock, People()) as application:
        assert HttpClient(application).send("GET", path).status == 200
        assert HttpClient(application).send("GET", path, headers={"X-Auth-Token": "bad"}).status == 200
        assert HttpClient(application).send("GET", f"{path}/").status == 401


def test_a_store_that_is_away_is_503_and_the_process_lives(tmp_path, clock):
    """H-13, H-14, E-503"""
    with built(tmp_path, clock) as application:
        client = HttpClient(application)
        (tmp_path / "zaqar.db").rename(tmp_path / "away.db")

        answer = client.send("GET", "/healthcheck")

        assert answer.error == (503, "Service temporarily unavailable")
        assert answer.headers["retry-after"] == "5"
        assert str(tmp_path) not in answer.body["description"]
        assert client.send("GET", "/healthcheck/live").status == 200


def test_a_health_check_cannot_be_written(client):
    """X-6"""
    answer = client.send("POST", "/healthcheck")

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
