"""The access log: a line for each request, which no client can forge."""

import logging

import falcon
import falcon.testing
import pytest

from zaqar.transport.wsgi.access_log import AccessLog
from zaqar.transport.wsgi.middleware import RequestIds

GLOBAL_ID = "req-3381af92-2b9e-11e3-b191-71861300734c"


@pytest.fixture
def client():
    return falcon.testing.TestClient(falcon.App(middleware=[RequestIds(), AccessLog()]))


def the_line(caplog):
    (record,) = [record for record in caplog.records if record.name == "zaqar.access"]
    return dict(part.split("=", 1) for part in record.getMessage().split(" "))


def test_a_line_tells_what_was_asked_and_what_came_of_it(client, caplog):
    caplog.set_level(logging.INFO)

    answer = client.simulate_get("/nowhere", headers={"X-OpenStack-Request-ID": GLOBAL_ID})

    line = the_line(caplog)
    assert line["request_id"] == answer.headers["x-openstack-request-id"]
    assert (line["global_request_id"], line["method"], line["path"]) == (GLOBAL_ID, "GET", "/nowhere")
    assert (line["status"], line["bytes"], line["project"]) == ("404", str(len(answer.content)), "-")
    assert float(line["milliseconds"]) >= 0


@pytest.mark.parametrize("value", ["req-1", "x status=200", GLOBAL_ID + " x", ""])
def test_what_is_no_request_id_is_not_written(client, caplog, value):
    caplog.set_level(logging.INFO)

    client.simulate_get("/", headers={"X-OpenStack-Request-ID": value})

    assert the_line(caplog)["global_request_id"] == "-"


def test_a_path_cannot_pass_for_another_field(client, caplog):
    caplog.set_level(logging.INFO)

    client.simulate_get("/a%20status=200%0Ab")

    assert the_line(caplog)["status"] == "404"
