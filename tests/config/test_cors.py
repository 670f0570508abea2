import pytest

from zaqar import config
from zaqar.config import cors
from zaqar.errors import ConfigurationError

ALLOWED = "[cors]\nallowed_origin = https://dashboard.example.org\n"


def _application(environ, start_response):
    start_response("204 No Content", [])
    return []


def _ask(application, **headers):
    answer = {}

    def start_response(status, pairs, exc_info=None):
        answer.update({name.lower(): value for name, value in pairs})
        answer["status"] = status

    environ = {
        "REQUEST_METHOD": headers.pop("method", "GET"),
        "PATH_INFO": "/v2/queues",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8888",
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }
    environ.update({f"HTTP_{name.upper()}": value for name, value in headers.items()})
    b"".join(application(environ, start_response))
    return answer


def test_without_an_allowed_origin_the_application_is_left_alone(written):
    assert cors.wrap(_application, written()) is _application


def test_an_allowed_origin_is_told_what_it_may_see(written):
    answer = _ask(cors.wrap(_application, written(ALLOWED)), origin="https://dashboard.example.org")

    assert answer["access-control-allow-origin"] == "https://dashboard.example.org"
    assert answer["access-control-allow-credentials"] == "true"
    assert answer["vary"] == "Origin"
    assert "X-OpenStack-Request-ID" in answer["access-control-expose-headers"]


def test_a_preflight_request_is_answered(written):
    answer = _ask(
        cors.wrap(_application, written(ALLOWED)),
        method="OPTIONS",
        origin="https://dashboard.example.org",
        access_control_request_method="PATCH",
        access_control_request_headers="Client-ID",
    )

    assert answer["access-control-allow-methods"] == "PATCH"
    assert answer["access-control-allow-headers"] == "Client-ID"
    assert answer["access-control-max-age"] == "3600"


def test_another_origin_gets_no_header(written):
    answer = _ask(cors.wrap(_application, written(ALLOWED)), origin="https://evil.example.org")

    assert not [name for name in answer if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("origin", "hint"),
    [
        ("https://dashboard.example.org/", r"write https://dashboard\.example\.org\.$"),
        ("https://dashboard.example.org/zaqar", "has to be like"),
        ("dashboard.example.org", "has to be like"),
    ],
)
def test_an_origin_that_no_browser_sends_is_refused(written, origin, hint):
    with pytest.raises(ConfigurationError, match=hint):
        written(f"[cors]\nallowed_origin = https://other.example.org, {origin}\n", checks=config.standard_checks())


@pytest.mark.parametrize("origin", ["*", "http://localhost:8080", "https://[::1]:8443", "moz-extension://a-b"])
def test_what_browsers_send_is_accepted(written, origin):
    conf = written(f"[cors]\nallowed_origin = {origin}\n", checks=config.standard_checks())

    assert conf.cors.allowed_origin == [origin]
