"""Subscriptions as their owners use them, to queues and topics alike."""

from typing import Any

from tests.api.http_answer import Answer
from tests.api.http_client import HttpClient

HOOK = "http://example.com/hook"


def subscribe(client: HttpClient, source: str = "queues/q", /, **document: Any) -> Answer:
    """Subscribe a webhook, unless another subscriber is given."""
    return client.ask("POST", f"/{source}/subscriptions", document={"subscriber": HOOK, **document})


def subscribed(client: HttpClient, source: str = "queues/q", /, **document: Any) -> str:
    """Subscribe, and return the id."""
    answer = subscribe(client, source, **document)
    assert answer.status == 201, answer
    made: str = answer.body["subscription_id"]
    return made


def show(client: HttpClient, subscription_id: str, source: str = "queues/q") -> Answer:
    """Show a subscription."""
    return client.ask("GET", f"/{source}/subscriptions/{subscription_id}")


def change(client: HttpClient, subscription_id: str, source: str = "queues/q", /, **document: Any) -> Answer:
    """Change a subscription."""
    return client.ask("PATCH", f"/{source}/subscriptions/{subscription_id}", document=document)


def confirm(client: HttpClient, subscription_id: str, confirmed: Any = True, source: str = "queues/q") -> Answer:
    """Say whether the subscriber wants to be told."""
    return client.ask("PUT", f"/{source}/subscriptions/{subscription_id}/confirm", document={"confirmed": confirmed})


def listed(client: HttpClient, source: str = "queues/q", **parameters: Any) -> list[str]:
    """Return the ids on one page."""
    answer = client.ask("GET", f"/{source}/subscriptions", parameters)
    assert answer.status == 200, answer
    return [one["id"] for one in answer.body["subscriptions"]]
