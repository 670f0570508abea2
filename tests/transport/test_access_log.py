"""The access log: a line for each request, which no client can forge."""

import ast
import logging
import re
import time
from urllib.parse import quote

import falcon
import falcon.testing
import pytest

from zaqar.errors import SignatureRefused
from zaqar.transport.wsgi.access_log import AccessLog
from zaqar.transport.wsgi.confirm_page import ConfirmPage
from zaqar.transport.wsgi.middleware import RequestIds

# Some engines keep the address as it was sent to themselves.
DECODED = {"RAW_URI": ""}
GLOBAL_ID = "req-3381af92-2b9e-11e3-b191-71861300734c"


@pytest.fixture
def client():
    return falcon.testing.TestClient(falcon.App(middleware=[RequestIds(), AccessLog()]))


def the_line(caplog):
    return dict(part.split("=", 1) for part in the_text(caplog).split(" "))


def the_text(caplog):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:  # another thread writes, a moment later
        records = [record for record in caplog.records if record.name == "zaqar.access"]
        if records:
            (record,) = records
            return record.getMessage()
    raise AssertionError("no line was written")


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

    client.simulate_get("/a%20status=200%0Ab", extras=DECODED)

    assert the_text(caplog).count("status=") == 2
    assert "path='/a status=200\\nb' status=404" in the_text(caplog)


@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b", "\x85", "\u2028", " ", "=", "'", '"', "\\", "é"])
def test_no_sign_that_means_something_to_a_log_or_a_terminal_gets_into_it_bare(client, caplog, sign):
    caplog.set_level(logging.INFO)

    client.simulate_get("/a" + quote(sign), extras=DECODED)

    (path,) = re.findall("path=(.*) status=404", the_text(caplog))
    assert path.isascii()
    assert path.isprintable()
    assert ast.literal_eval(path).encode("latin-1") == ("/a" + sign).encode()


def test_a_long_address_is_cut(client, caplog):
    caplog.set_level(logging.INFO)

    client.simulate_get("/" + "%0a" * 3000, extras=DECODED)

    assert len(the_text(caplog)) < 1500
    assert the_line(caplog)["status"] == "404"


class _Links:
    """Links of which none is good."""

    def look(self, grant, signature):
        raise SignatureRefused("it is not good")


@pytest.mark.parametrize("extras", [DECODED, {"RAW_URI": "/confirm?Signature=abc123&Expires=2030-01-01"}])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_what_proves_a_link_to_confirm_is_not_written(caplog, method, extras):
    """http S-64"""
    app = falcon.App(middleware=[RequestIds(), AccessLog()])
    app.add_route("/confirm", ConfirmPage(_Links()))
    caplog.set_level(logging.DEBUG)

    falcon.testing.TestClient(app).simulate_request(
        method, "/confirm", query_string="Signature=abc123&Expires=2030-01-01", extras=extras
    )

    assert the_line(caplog)["path"] == "/confirm"
    assert "abc123" not in caplog.text


def test_the_length_of_a_page_is_that_of_its_bytes(caplog):
    app = falcon.App(middleware=[RequestIds(), AccessLog()])
    app.add_route("/confirm", ConfirmPage(_Links()))
    caplog.set_level(logging.INFO)

    answer = falcon.testing.TestClient(app).simulate_get("/confirm")

    assert the_line(caplog)["bytes"] == answer.headers["content-length"] == str(len(answer.content))
