"""A service with authentication, over an identity service that is told by the test what it knows."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.api.conftest import built_service
from tests.clock import MovableClock
from zaqar import config
from zaqar.deploy import WSGIApplication
from zaqar.transport.identity import ClientIdRule, Credentials
from zaqar.transport.tokens.tokens import Tokens
from zaqar.transport.tokens.verdict import Refused, Verdict
from zaqar.transport.wsgi.application import application


class People:
    """Stands for Keystone: whose token is whose."""

    uri = "http://keystone.example.org:5000/v3"

    def __init__(self) -> None:
        self.tokens = {
            "member-of-one": Credentials("one", "m", ("member", "reader")),
            "admin-of-one": Credentials("one", "a", ("admin", "member", "reader")),
            "member-of-two": Credentials("two", "m", ("member", "reader")),
            "admin-of-nothing": Credentials(None, "a", ("admin",)),
        }
        self.is_away: Exception | None = None

    def validate(self, token: str, service_token: str | None) -> Verdict:
        if self.is_away is not None:
            raise self.is_away
        if token not in self.tokens:
            raise Refused
        return Verdict(self.tokens[token], 300)


@contextlib.contextmanager
def authenticated(folder: Path, clock: MovableClock, people: People, text: str = "") -> Iterator[WSGIApplication]:
    """Make an application that believes nothing but tokens."""
    with built_service(folder, clock, text) as (conf, service):
        made = application(
            service.operations,
            client_id_rule=ClientIdRule(is_strict=True, least=10, most=36),
            signer=service.signer,
            tokens=Tokens(people, most_validations=4),
        )
        yield config.cors.wrap(made, conf)
