"""A small world to send bad requests to, and what must be true of every answer."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.api.client import messages
from tests.api.http_answer import Answer
from tests.api.http_client import PATCH_TYPE, HttpClient
from tests.api.subscribed import subscribed
from zaqar.deploy import WSGIApplication

SOURCES = ("queues/q", "topics/t")


@dataclass(frozen=True)
class World:
    """A project with a queue ``q`` of four messages, one claimed, one delayed, and a topic ``t`` of two; both have a subscription.

    A redrive of the queue was begun and cancelled.
    """

    application: WSGIApplication
    client: HttpClient = field(init=False)
    message_ids: list[str] = field(init=False)
    claim_id: str = field(init=False)
    topic_message_ids: list[str] = field(init=False)
    subscription_ids: dict[str, str] = field(init=False)
    """By the paths of their sources."""
    redrive_id: str = field(init=False)

    def __post_init__(self) -> None:
        client = HttpClient(self.application)
        client.create_queue("q", {"colour": "red"})
        ids = [*client.post("q", 1, 2, 3, ttl=5000).ids, *client.post("q", 4, delay=100, ttl=5000).ids]
        object.__setattr__(self, "client", client)
        object.__setattr__(self, "message_ids", ids)
        object.__setattr__(self, "claim_id", client.claim("q", limit=1).claim_id)
        posted = client.ask("POST", "/topics/t/messages", document=messages(1, 2, ttl=5000))
        object.__setattr__(self, "topic_message_ids", posted.ids)
        made = {source: subscribed(client, source, ttl=5000) for source in SOURCES}
        object.__setattr__(self, "subscription_ids", made)
        redrive_id = client.ask("POST", "/queues/q/redrive").body["redrive_id"]
        client.ask("DELETE", f"/queues/q/redrive/{redrive_id}")
        object.__setattr__(self, "redrive_id", redrive_id)

    def path(self, template: str) -> str:
        """Fill in what exists."""
        return template.format(**self.members(template))

    def members(self, template: str) -> dict[str, str]:
        """Return what exists, by its names in paths."""
        is_topic = template.startswith("/v2/topics")
        named = {
            "queue": "q",
            "topic": "t",
            "message": (self.topic_message_ids if is_topic else self.message_ids)[1],
            "claim": self.claim_id,
            "subscription": self.subscription_ids[SOURCES[is_topic]],
            "redrive": self.redrive_id,
        }
        return (
            named
            | {f"{name}_name": named[name] for name in ("queue", "topic")}
            | {f"{name}_id": named[name] for name in ("message", "claim", "subscription", "redrive")}
        )

    def content(self) -> Any:
        """Return everything that is stored; all of it can be shown, whatever was sent before."""
        client = self.client
        shown = (
            client.ask("GET", "/queues", {"detailed": True, "with_count": True}),
            client.ask("GET", "/queues/q/stats"),
            client.ask(
                "GET", "/queues/q/messages", dict.fromkeys(("echo", "include_claimed", "include_delayed"), True)
            ),
            client.ask("GET", f"/queues/q/claims/{self.claim_id}"),
            client.ask("GET", "/queues/q/redrive"),
            client.ask("GET", "/topics", {"detailed": True}),
            client.ask("GET", "/topics/t/messages", dict.fromkeys(("echo", "include_delayed"), True)),
            *(client.ask("GET", f"/{source}/subscriptions") for source in SOURCES),
            *(
                client.ask("GET", f"/{source}/subscriptions/{one}/secret")
                for source, one in self.subscription_ids.items()
            ),
        )
        assert all(answer.status in {200, 404} for answer in shown), shown
        return [answer.body for answer in shown]

    def send(
        self, method: str, path: str, body: bytes = b"", environment: Mapping[str, str] | None = None, **headers: str
    ) -> Answer:
        """Send exactly this, and check the answer against what any bad request may expect."""
        before = self.content()
        merged = {**self.client.headers(), "Content-Type": PATCH_TYPE}
        merged.update({name.replace("_", "-"): value for name, value in headers.items()})
        answer = self.client.send(method, "/", body, merged, {"PATH_INFO": path, **(environment or {})})
        check_answer(answer, method)
        if answer.status >= 400:
            assert self.content() == before, "a refused request has changed something"
        return answer


def check_answer(answer: Answer, method: str) -> None:
    """Nothing unexpected happened; a refusal says what is wrong, and nothing of the inside."""
    assert answer.status < 500, answer
    assert answer.headers.get("x-openstack-request-id") or method == "OPTIONS"
    for leak in (b"Traceback", b'File "', b".py", b"sqlite", b"SELECT"):
        assert leak not in answer.data
    assert max(map(len, answer.headers.values()), default=0) <= 2048, "a header that no client may take"
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    if answer.status < 400 or method == "HEAD" or is_page:
        return
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "Accept"
    assert isinstance(answer.body, dict)
    assert isinstance(answer.body["title"], str)
    assert answer.body["title"]
    if answer.status == 400:
        assert isinstance(answer.body["description"], str)
        assert answer.body["description"]
    assert len(answer.data) < 2000, "a refusal need not repeat the request"


def unused_name() -> str:
    """Return the name of a queue that does not exist."""
    return f"new-{secrets.token_hex(4)}"
