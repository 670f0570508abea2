"""A signature opens its own paths and nothing else, however a request spells where it goes, on both HTTP engines.

One project has two queues. A signature opens the messages of the first, with every method. Requests that carry it try to
reach everything else; what is there is compared after each spelling, and no answer may show any of it.
"""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.process import RunningServer, running_server
from tests.integration.rest import Service
from tests.integration.sockets.wire import Answer, Client

PROJECT = "signed"
OPEN = "/v2/queues/mine/messages"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
SECRET = "nobody but their owner sees this"
BODY = json.dumps({"messages": [{"body": "from the holder", "ttl": 300}], "ttl": 300}).encode()

TARGETS = (  # what the holder wants, each below /v2/queues
    "theirs",
    "theirs/messages",
    "theirs/messages/{message}",
    "theirs/stats",
    "theirs/claims",
    "theirs/purge",
    "theirs/share",
    "mine",
    "mine/stats",
    "mine/claims",
    "mine/purge",
    "mine/share",
    "",
)
DOTS = ("..", "%2e%2e", ".%2E", "%252e%252e", "..;", "..%00", "%c0%ae%c0%ae", ".. ", "...")
SLASHES = ("/", "//", "%2F", "%2f", "/./", "/%2e/", "\\", "%5C", "%255c", "%252F", "/;/", "%00/", "%E2%88%95")


def spellings(target: str) -> Iterator[str]:
    """Give the ways to write a target so that something may take it for the open path, or the other way round."""
    direct = f"/v2/queues/{target}" if target else "/v2/queues"
    below = f"{target}" if target else ""
    for dots, slash in itertools.product(DOTS, SLASHES):
        yield f"{OPEN}{slash}{dots}{slash}{dots}{slash}{below}"
    for slash in SLASHES:
        yield f"/v2{slash}queues/{below}"
        yield f"/v2/queues{slash}{below}"
        yield f"{slash}v2/queues/{below}"
        yield f"{OPEN}{slash}{direct}"
        yield f"{direct}{slash}"
        yield f"{direct}{slash}..{slash}mine/messages"
        yield f"{direct}{slash}messages"
    for trail in ("?", "#", "%3F", "%23", ";", "%3B", ",", "%2C", "@", "&", "%0A", "%0D%0A", "%20", ".json", ":"):
        yield f"{direct}{trail}{OPEN}"
        yield f"{OPEN}{trail}{direct}"
        yield f"{direct}{trail}"
    yield direct
    yield direct.upper()
    yield direct.title()
    yield "".join(f"%{ord(letter):02x}" for letter in direct)
    yield direct.replace("/", "%2F")
    yield f"http://localhost{direct}"
    yield f"http://localhost{OPEN}/..{direct}"
    yield f"//localhost{direct}"
    yield direct.lstrip("/")


ELSEWHERE = [  # headers by which proxies and frameworks tell of another path or method
    {name: OPEN}
    for name in (
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Original-URI",
        "X-Forwarded-Prefix",
        "X-Script-Name",
        "SCRIPT_NAME",
    )
] + [{"X-HTTP-Method-Override": "GET"}, {"X-HTTP-Method": "GET"}, {"PATH-INFO": OPEN}, {"RAW-URI": OPEN}]


class Holder:
    """Sends requests with the signature, spelled exactly."""

    def __init__(self, server: RunningServer, signed: dict[str, Any]) -> None:
        self.server = server
        self.headers = {
            "Host": "localhost",
            "Client-ID": "01234567-89ab-cdef-0123-456789abcdef",
            "Connection": "close",
            "X-Project-ID": PROJECT,
            "URL-Signature": signed["signature"],
            "URL-Expires": signed["expires"],
            "URL-Methods": ",".join(signed["methods"]),
            "URL-Paths": ",".join(signed["paths"]),
        }

    def ask(self, method: str, target: str, **others: str) -> Answer | None:
        fields = self.headers | {"Content-Length": str(len(BODY))} | others
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        with Client(self.server.connect()) as client:
            return client.send("\r\n".join(lines).encode("latin-1") + BODY).read()


class World:
    """What the signature does not open, seen by the owner."""

    def __init__(self, server: RunningServer) -> None:
        self.service = Service(server.url, PROJECT)
        self.service.post("mine", ["open to the holder"])
        self.service.post("theirs", [SECRET])
        (self.message,) = [each["href"].rpartition("/")[2] for each in self.service.every_message("theirs")]
        self.service.call("PUT", "/v2/queues/closed", {"secret": SECRET})

    def closed(self) -> list[Any]:
        """Return everything that must stay as it is."""
        (_, queues), (_, theirs) = (
            self.service.call("GET", "/v2/queues?detailed=true"),
            self.service.call("GET", "/v2/queues/theirs/messages?echo=true&include_claimed=true"),
        )
        shown = [(each["href"], each["body"]) for each in theirs["messages"]]
        # A purge or a claim would show no more than a number.
        first = self.service.every_message("mine")[0]["body"]
        return [queues["queues"], shown, first, self.service.stats("mine")["claimed"]]


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def server(request, tmp_path_factory) -> Iterator[RunningServer]:
    settings = {
        "server": {"engine": request.param, "workers": 1},
        "signed_url": {"secret_key": "k" * 32},
        "drivers:message_store:sqlalchemy": {"synchronous": "NORMAL"},
    }
    with running_server(tmp_path_factory.mktemp("server"), settings) as server:
        yield server


@pytest.fixture(scope="module")
def world(server) -> Iterator[World]:
    world = World(server)
    yield world
    world.service.close()


@pytest.fixture(scope="module")
def holder(server, world) -> Holder:
    status, signed = world.service.call("POST", "/v2/queues/mine/share", {"methods": list(METHODS)})
    assert status == 200
    return Holder(server, signed)


def check_nothing_shown(answer: Answer | None, world: World, *, tried: object) -> None:
    if answer is None:  # the engine closed the connection
        return
    assert SECRET.encode() not in answer.body, tried
    assert world.message.encode() not in answer.body, tried
    assert b"/v2/queues/theirs" not in answer.body, tried
    assert b"/v2/queues/mine/claims" not in answer.body, tried
    assert b'"signature"' not in answer.body, tried
    assert b'"claimed"' not in answer.body, tried


def test_the_signature_is_good(holder):
    for target in (OPEN, f"{OPEN}?echo=true", "/v2/queues/%6dine/messages", f"http://localhost{OPEN}"):
        answer = holder.ask("GET", target)
        assert answer is not None
        assert answer.status == 200, target
    posted = holder.ask("POST", OPEN)
    assert posted is not None
    assert posted.status == 201


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target or "queues")
def test_no_spelling_reaches_anything_else(holder, world, target):
    before = world.closed()
    # Each spelling with one method, in turn; as it is, with all of them.
    tried = list(zip(itertools.cycle(METHODS), spellings(target.format(message=world.message)), strict=False))
    tried += [(method, f"/v2/queues/{target}".rstrip("/")) for method in METHODS]

    for method, spelling in tried:
        answer = holder.ask(method, spelling)

        check_nothing_shown(answer, world, tried=(method, spelling))

    assert world.closed() == before


@pytest.mark.parametrize("others", ELSEWHERE, ids=lambda others: next(iter(others)))
def test_no_header_that_tells_of_another_path_is_believed(holder, world, others):
    before = world.closed()

    for method, target in itertools.product(METHODS, ("theirs/messages", "mine", "mine/share", "mine/claims", "")):
        answer = holder.ask(method, f"/v2/queues/{target}".rstrip("/"), **others)
        assert answer is not None
        assert answer.status == 404, (method, target)

    assert world.closed() == before
