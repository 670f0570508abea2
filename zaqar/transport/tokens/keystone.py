"""Keystone, asked by keystonemiddleware with the options of ``[keystone_authtoken]``.

The middleware does not stand around the application: it copies headers for every request, and a token that it has in its
own cache costs as much as a whole post. It is run on a request of its own, for a token that the process does not know.
"""

import datetime
import io
import logging
import threading
import urllib.parse
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import requests
import webob
from keystonemiddleware import auth_token
from oslo_config import cfg

from zaqar import forks
from zaqar.errors import Unavailable
from zaqar.transport.identity import Credentials
from zaqar.transport.tokens.hurry import HurriedSession, hurry
from zaqar.transport.tokens.validations import DEADLINE
from zaqar.transport.tokens.verdict import Refused, Verdict

LOG = logging.getLogger(__name__)

SERVICE_TYPE = "messaging"
"""What Keystone's catalogue calls the service, where ``service_type`` says nothing else."""

_UNAVAILABLE = "The identity service cannot validate tokens now."
_NO_CACHE = "zaqar.no_cache"
_ACCEPTED = 204


class Keystone:
    """Validates tokens, each within so many seconds."""

    def __init__(self, conf: cfg.ConfigOpts, *, uri: str, deadline: float = DEADLINE) -> None:
        """Take the options; ``uri`` is where clients get a token."""
        group = conf.keystone_authtoken
        self._conf = conf
        self.uri = uri
        self._deadline = deadline
        self._seconds, self._overrides = shares(group.token_cache_time, has_memcached=bool(group.memcached_servers))
        self._overrides |= {
            # Whoever has no token is refused here and nowhere else.
            "delay_auth_decision": False,
            "www_authenticate_uri": uri,
            "service_type": group.service_type or SERVICE_TYPE,
        }
        self._lock = threading.Lock()
        self._protocol: _Protocol | None = None
        forks.tell(self)

    def forget_parent(self) -> None:
        """Leave the connections to the parent, in a forked process."""
        self._lock = threading.Lock()
        self._protocol = None

    def validate(self, token: str, service_token: str | None) -> Verdict:
        """Return whose token it is. Raises ``Refused`` and ``Unavailable``."""
        environ = _environ(token, service_token)
        hurry(self._deadline)
        try:
            protocol = self._current()
            status = webob.Request(environ).get_response(protocol).status_int
        except Exception as error:
            # A service user that Keystone does not let in, and whatever the middleware stumbles over: options that cannot be,
            # a file that is gone, somebody else's page in the place of Keystone's answer.
            raise Unavailable(_UNAVAILABLE) from error
        if status == 401:
            raise Refused
        if status != _ACCEPTED or environ.get("HTTP_X_IDENTITY_STATUS") != "Confirmed":
            raise Unavailable(_UNAVAILABLE)
        return self._verdict(environ, protocol)

    def _current(self) -> "_Protocol":
        with self._lock:
            if self._protocol is None:
                self._protocol = _Protocol(_accept, {"oslo_config_config": self._conf, **self._overrides})
            return self._protocol

    def _verdict(self, environ: Mapping[str, Any], protocol: "_Protocol") -> Verdict:
        roles = environ.get("HTTP_X_ROLES") or ""
        token = environ["keystone.token_info"]["token"]
        credentials = Credentials(
            # None for a token without a scope, of a domain or of the system.
            environ.get("HTTP_X_PROJECT_ID") or None,
            environ.get("HTTP_X_USER_ID") or None,
            tuple(roles.split(",")) if roles else (),
        )
        check = None
        if (token.get("application_credential") or {}).get("access_rules") is not None:
            check = protocol.checking(token)
        return Verdict(credentials, min(self._seconds, seconds_left(token)), check)


class _Protocol(auth_token.AuthProtocol):  # type: ignore[misc]  # keystonemiddleware ships no types
    """The middleware, with a deadline for all that it asks of Keystone, and access rules looked at later."""

    def validate_allowed_request(self, request: Any, token: Mapping[str, Any]) -> None:
        """Leave the rules to ``checking``: they are about a request, and a verdict is about a token."""

    def checking(self, token: Mapping[str, Any]) -> Any:
        """Return what refuses the requests that the token's access rules do not name."""
        told = {"application_credential": token["application_credential"], "catalog": token.get("catalog", [])}

        def check(env: Mapping[str, Any]) -> None:
            request = SimpleNamespace(
                method=env["REQUEST_METHOD"],
                path=webob.Request(dict(env)).path,
                service_token=env.get("HTTP_X_SERVICE_TOKEN"),
            )
            try:
                super(_Protocol, self).validate_allowed_request(request, told)
            except auth_token.InvalidToken as error:
                raise Refused from error

        return check

    def _create_session(self, **kwargs: Any) -> Any:
        return super()._create_session(session=_Session(), **kwargs)


class _Session(HurriedSession):
    """Takes no word for Keystone's that is somebody else's."""

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Ask. Of a 404, which says that Keystone does not know a token, the form tells whose it is."""
        response = super().request(method, url, *args, **kwargs)
        if response.status_code == 404 and _is_about_token(response) and not _is_of_keystone(response):
            # Not one of those that keystoneauth repeats.
            raise requests.exceptions.RequestException("What answers with 404 in the place of Keystone is none.")
        return response


def _is_about_token(response: requests.Response) -> bool:
    return urllib.parse.urlsplit(response.url).path.endswith("/auth/tokens")


def _is_of_keystone(response: requests.Response) -> bool:
    try:
        document = response.json()
    except ValueError:
        return False
    return isinstance(document, dict) and isinstance(document.get("error"), dict)


class _NoCache:
    """Takes the place of a cache inside the middleware that would keep whole tokens, beside the process's memory."""

    def get(self, _key: object) -> None:
        """Know nothing."""

    def set(self, _key: object, _value: object, **_options: object) -> None:
        """Keep nothing."""


def shares(seconds: int, *, has_memcached: bool) -> tuple[float, dict[str, Any]]:
    """Return for how many seconds the process relies on a verdict, and the middleware's options for its own cache.

    Both together are no longer than ``token_cache_time``: a process may take from memcached what another has put there
    almost that long ago.
    """
    if not has_memcached:
        return float(max(seconds, 0)), {"cache": _NO_CACHE}
    if seconds < 2:
        return 0.0, {}
    return seconds / 2, {"token_cache_time": seconds // 2}


def _environ(token: str, service_token: str | None) -> dict[str, Any]:
    """Return a request that has nothing of the client's but its tokens."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "HTTP_X_AUTH_TOKEN": token,
        _NO_CACHE: _NoCache(),
    }
    if service_token is not None:
        environ["HTTP_X_SERVICE_TOKEN"] = service_token
    return environ


def _accept(_environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
    """Be the application behind the middleware."""
    start_response("204 No Content", [])
    return []


def seconds_left(token: Mapping[str, Any]) -> float:
    """Return for how long the token itself is good."""
    expires = datetime.datetime.fromisoformat(token["expires_at"])
    return (expires - datetime.datetime.now(datetime.UTC)).total_seconds()
