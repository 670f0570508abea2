"""The table of URLs: where each resource is, which verbs it has, and what the home document says of it."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from zaqar.models import Kind
from zaqar.operations import Operations
from zaqar.transport.paths import VERSION
from zaqar.transport.wsgi.claims import ClaimCollection, ClaimItem
from zaqar.transport.wsgi.confirm_page import ConfirmPage
from zaqar.transport.wsgi.deliveries import SubscriptionDeliveries, SubscriptionRetry
from zaqar.transport.wsgi.health import Live, Ping, Ready
from zaqar.transport.wsgi.home import Home, Link, Versions
from zaqar.transport.wsgi.messages import MessageCollection, MessageDetails, MessageItem
from zaqar.transport.wsgi.queues import QueueCollection, QueueItem, QueuePurge, QueueShare, QueueStats
from zaqar.transport.wsgi.redrives import RedriveCollection, RedriveItem
from zaqar.transport.wsgi.subscriptions import (
    SubscriptionCollection,
    SubscriptionConfirm,
    SubscriptionItem,
    SubscriptionSecret,
)

KINDS: tuple[Kind, ...] = ("queue", "topic")
_OF_QUEUES_ONLY = frozenset(("with_count", "include_claimed", "pop", "claim_ids", "claim_id"))
"""Parameters of the query that mean nothing for topics, which have no claims (http T-1, T-9)."""


class Row(NamedTuple):
    """One path of the API."""

    path: str
    """With the names of its fields in braces."""
    verbs: Sequence[str]
    resource: Callable[[Operations], object]
    links: Sequence[Link] = ()
    """What the home document says of it."""


def rows() -> list[Row]:
    """Return every row; the home document is among what it describes."""
    described = [*(row for kind in KINDS for row in _of(kind)), _PING]
    home = Home([(row.path, link) for row in described for link in row.links])
    return [
        Row("/", ("GET",), lambda _: Versions()),
        Row(VERSION, ("GET",), lambda _: home),
        Row(f"{VERSION}/", ("GET",), lambda _: home),
        Row("/healthcheck", ("GET", "HEAD"), lambda all_: Ready(all_.health)),
        Row("/healthcheck/live", ("GET", "HEAD"), lambda _: Live()),
        Row("/confirm", ("GET", "HEAD"), lambda all_: ConfirmPage(all_.confirmation_links)),
        *described,
    ]


_PING = Row(f"{VERSION}/ping", ("GET", "HEAD"), lambda all_: Ping(all_.health), (Link("ping", ("GET",)),))


def _of(kind: Kind) -> Iterator[Row]:
    """Give the rows of queues or of topics, under their own names."""
    every, one = f"{VERSION}/{kind}s", f"{VERSION}/{kind}s/{{{kind}_name}}"
    for row in (*_of_queues(every, one, kind), *_of_subscriptions(f"{one}/subscriptions")):
        yield row if kind == "queue" else row._replace(links=[_of_topics(link) for link in row.links])
    if kind == "queue":
        yield _share(one)
        yield from _of_claims(one)
        yield from _of_redrives(f"{one}/redrive")


def _of_queues(every: str, one: str, kind: Kind) -> Sequence[Row]:
    return (
        Row(
            every,
            ("GET",),
            lambda all_: QueueCollection(all_.queues, kind),
            (Link("queues", ("GET",), ("marker", "limit", "detailed", "name", "with_count"), limit="queue_limit"),),
        ),
        Row(
            one,
            ("GET", "PUT", "DELETE", "PATCH"),
            lambda all_: QueueItem(all_.queues, all_.limits),
            (Link("queue", ("GET", "PUT", "DELETE", "PATCH")),),
        ),
        Row(f"{one}/stats", ("GET",), lambda all_: QueueStats(all_.queues), (Link("queue_stats", ("GET",)),)),
        Row(
            f"{one}/purge",
            ("POST",),
            lambda all_: QueuePurge(all_.queues, all_.limits),
            (Link("queue_purge", ("POST",)),),
        ),
        Row(
            f"{one}/messages",
            ("GET", "POST", "DELETE"),
            lambda all_: MessageCollection(all_.messages, all_.limits),
            (
                Link(
                    "messages",
                    ("GET",),
                    ("marker", "limit", "echo", "include_claimed", "include_delayed"),
                    limit="messages_limit",
                ),
                Link("post_messages", ("POST",)),
                Link("messages_delete", ("DELETE",), ("ids", "pop", "claim_ids")),
            ),
        ),
        Row(
            f"{one}/messages/{{message_id}}",
            ("GET", "DELETE"),
            lambda all_: MessageItem(all_.messages),
            (Link("message_delete", ("DELETE",), ("claim_id",)), Link("message_get", ("GET",))),
        ),
        Row(
            f"{one}/messages/{{message_id}}/details",
            ("GET",),
            lambda all_: MessageDetails(all_.messages),
            (Link("message_details", ("GET",)),),
        ),
    )


def _of_subscriptions(every: str) -> Sequence[Row]:
    one = f"{every}/{{subscription_id}}"
    return (
        Row(
            every,
            ("GET", "POST"),
            lambda all_: SubscriptionCollection(all_.subscriptions),
            (
                Link("subscriptions_get", ("GET",), ("marker", "limit"), limit="subscription_limit"),
                Link("subscriptions_post", ("POST",)),
            ),
        ),
        Row(
            one,
            ("GET", "PATCH", "DELETE"),
            lambda all_: SubscriptionItem(all_.subscriptions),
            (Link("subscription", ("GET", "DELETE")), Link("subscription_patch", ("PATCH",))),
        ),
        Row(
            f"{one}/confirm",
            ("PUT",),
            lambda all_: SubscriptionConfirm(all_.subscriptions),
            (Link("subscription_confirm", ("PUT",)),),
        ),
        Row(
            f"{one}/secret",
            ("GET", "POST"),
            lambda all_: SubscriptionSecret(all_.subscriptions),
            (Link("subscription_secret", ("GET", "POST")),),
        ),
        Row(
            f"{one}/deliveries",
            ("GET",),
            lambda all_: SubscriptionDeliveries(all_.deliveries),
            (Link("subscription_deliveries", ("GET",)),),
        ),
        Row(
            f"{one}/deliveries/retry",
            ("POST",),
            lambda all_: SubscriptionRetry(all_.deliveries),
            (Link("subscription_retry", ("POST",)),),
        ),
    )


def _of_topics(link: Link) -> Link:
    """Return what is said of topics where ``link`` says it of queues (http H-3)."""
    rel = link.rel.replace("queue", "topic") if "queue" in link.rel else f"topic_{link.rel}"
    parameters = tuple(name for name in link.parameters if name not in _OF_QUEUES_ONLY)
    return link._replace(rel=rel, parameters=parameters, limit=link.limit.replace("queue", "topic"))


def _share(one: str) -> Row:
    return Row(
        f"{one}/share",
        ("POST",),
        lambda all_: QueueShare(all_.signatures, all_.limits),
        (Link("queue_share", ("POST",)),),
    )


def _of_claims(one: str) -> Sequence[Row]:
    return (
        Row(
            f"{one}/claims",
            ("POST",),
            lambda all_: ClaimCollection(all_.claims, all_.limits),
            (Link("post_claim", ("POST",), ("limit",), limit="claim_limit"),),
        ),
        Row(
            f"{one}/claims/{{claim_id}}",
            ("GET", "PATCH", "DELETE"),
            lambda all_: ClaimItem(all_.claims, all_.limits),
            (Link("claim", ("GET",)), Link("patch_claim", ("PATCH",)), Link("delete_claim", ("DELETE",))),
        ),
    )


def _of_redrives(every: str) -> Sequence[Row]:
    return (
        Row(
            every,
            ("GET", "POST"),
            lambda all_: RedriveCollection(all_.redrives, all_.limits),
            (Link("queue_redrives", ("GET",)), Link("queue_redrive", ("POST",))),
        ),
        Row(
            f"{every}/{{redrive_id}}",
            ("GET", "DELETE"),
            lambda all_: RedriveItem(all_.redrives),
            (Link("redrive", ("GET", "DELETE")),),
        ),
    )
