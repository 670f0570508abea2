"""What the dashboard asks, panel by panel, with a real token (clients.md section 8)."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from zaqarclient.transport import errors

from tests.integration.keystone import clients
from tests.integration.process import RunningServer, running_server

pytestmark = pytest.mark.filterwarnings("ignore")

HOOK = "http://example.com/hook"


@pytest.fixture(scope="module")
def service(keystone, tmp_path_factory) -> Iterator[RunningServer]:
    settings = {**keystone.settings(), "server": {"workers": 1}, "signed_url": {"secret_key": "k" * 32}}
    with running_server(tmp_path_factory.mktemp("service"), settings) as running:
        yield running


@pytest.fixture
def dashboard(service, keystone) -> Any:
    return clients.of("member-two", keystone, service.url)


def _row(queue: Any) -> dict[str, int]:
    """Return what the table of queues shows of one."""
    queue.metadata()
    numbers: dict[str, int] = queue.stats["messages"]
    return {name: numbers[name] for name in ("claimed", "free", "total")}


def test_the_table_of_queues_has_the_first_page_in_the_order_of_names(dashboard):
    """clients K-56"""
    names = sorted(f"table-{uuid.uuid4()}" for _ in range(12))
    for name in names:
        dashboard.queue(name, force_create=True)

    queues, _ = dashboard.queues(with_count=True)

    assert [queue.name for queue in queues] == names[:10]
    for name in names:
        dashboard.queue(name).delete()


def test_a_queue_is_created_filled_shown_updated_purged_and_deleted(dashboard):
    name = f"panel-{uuid.uuid4()}"
    queue = dashboard.queue(name, force_create=True)
    made = queue.metadata(new_meta={"_default_message_ttl": 600, "colour": "red"})
    queue.post([{"body": {"typed": "by a user"}, "ttl": 300}, {"body": "two"}])
    queue.claim(ttl=60, grace=60, limit=1)
    row = _row(dashboard.queue(name))
    updated = queue.metadata(new_meta={"_max_messages_post_size": 1000, "_default_message_ttl": 700})
    shown = [message.body for message in queue.messages()]
    queue.purge(resource_types=["messages"])

    assert (made["colour"], made["_default_message_ttl"]) == ("red", 600)
    assert row == {"claimed": 1, "free": 1, "total": 2}
    assert (updated["_max_messages_post_size"], updated["_default_message_ttl"], "colour" in updated) == (
        1000,
        700,
        False,
    )
    assert shown == []  # as the same client posted them, and no echo is asked for
    assert _row(queue)["total"] == 0
    queue.delete()
    assert name not in [one.name for one in dashboard.queues()[0]]


def test_a_signed_url_shows_its_end_and_its_signature(dashboard):
    share = dashboard.queue(f"panel-{uuid.uuid4()}").signed_url(paths=["messages"], ttl_seconds=600, methods=["GET"])

    assert share["expires"]
    assert share["signature"]


def test_subscriptions_are_made_listed_and_deleted(dashboard):
    """clients K-54"""
    name = f"panel-{uuid.uuid4()}"
    made = dashboard.subscription(name, subscriber=HOOK, ttl=600, options={"a": 1})

    (listed,) = list(dashboard.queue(name).subscriptions())
    dashboard.subscription(name, id=listed.id).delete()

    assert (listed.id, listed.subscriber, listed.ttl, listed.options) == (made.id, HOOK, 600, {"a": 1})
    assert (listed.confirmed, listed.age >= 0) == (False, True)
    with pytest.raises(errors.ResourceNotFound):
        dashboard.subscription(name, id=made.id)
