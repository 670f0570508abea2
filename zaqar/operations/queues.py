"""Queues and topics: create, show, list, change, delete, statistics, purge."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from zaqar.context import Context
from zaqar.errors import Conflict, Invalid, InvalidBody, QueueNotFound, Unavailable
from zaqar.limits import Limits, page_size
from zaqar.models import Kind, Queue, QueueKey, Stats
from zaqar.news import News
from zaqar.operations import metadata as reserved_metadata
from zaqar.operations import patch
from zaqar.operations.authorization import Authorization
from zaqar.operations.settings import KnownQueues
from zaqar.operations.trusts import Trusts, trusts_in
from zaqar.storage.contract import ManagementStore

PURGEABLE = ("messages", "subscriptions")
_PATCH_ATTEMPTS = 5


class QueuePage(msgspec.Struct, frozen=True):
    """Part of a listing; ``count`` is the number of all queues of the project, where it was asked for."""

    queues: Sequence[Queue]
    count: int | None = None


class Queues:
    """The verbs of a queue, and of a topic; the kind names the rules (``queues:get``, ``topics:get``)."""

    def __init__(
        self,
        *,
        management: ManagementStore,
        known: KnownQueues,
        authorization: Authorization,
        limits: Limits,
        can_encrypt: bool,
        trusts: Trusts,
        news: News,
    ) -> None:
        self._management = management
        self._known = known
        self._authorization = authorization
        self._limits = limits
        self._can_encrypt = can_encrypt
        self._trusts = trusts
        self._news = news

    def create(self, context: Context, queue: QueueKey, metadata: dict[str, Any]) -> bool:
        """Create a queue and return True; return False and change nothing when it exists (http Q-12)."""
        self._check("create", context, queue.kind)
        reserved_metadata.check(queue, metadata, self._limits, can_encrypt=self._can_encrypt)
        return self._known.create(queue, metadata)

    def get(self, context: Context, queue: QueueKey) -> dict[str, Any]:
        """Return the metadata with its defaults; those alone when there is no such queue (http Q-19)."""
        self._check("get", context, queue.kind)
        try:
            stored = self._management.queues.get(queue).metadata
        except QueueNotFound:
            stored = {}
        return reserved_metadata.complete(stored, self._limits, queue.kind)

    def list(
        self,
        context: Context,
        kind: Kind = "queue",
        *,
        marker: str | None = None,
        limit: int | None = None,
        name: str | None = None,
        metadata: Mapping[str, str | int] | None = None,
        with_count: bool = False,
    ) -> QueuePage:
        """Return queues in order of their names, after ``marker``, metadata with its defaults (http Q-1 to Q-10)."""
        self._check("get_all", context, kind)
        queues = self._management.queues.list(
            context.project,
            kind=kind,
            marker=marker,
            limit=page_size(limit, most=self._limits.max_queues_per_page),
            name_contains=name,
            metadata=metadata or {},
        )
        completed = [
            Queue(queue.name, reserved_metadata.complete(queue.metadata, self._limits, kind)) for queue in queues
        ]
        return QueuePage(completed, self._management.queues.count(context.project, kind=kind) if with_count else None)

    def update(self, context: Context, queue: QueueKey, document: object) -> dict[str, Any]:
        """Apply a patch to the metadata and return the whole; all of it or nothing (http Q-30 to Q-39).

        Raises ``InvalidBody``, ``QueueNotFound``, ``Conflict``.
        """
        self._check("update", context, queue.kind)
        changes = patch.parse(document)
        for _ in range(_PATCH_ATTEMPTS):
            old = self._management.queues.get(queue).metadata
            new = patch.apply(changes, old, reserved_metadata.reserved(self._limits, queue.kind))
            self._check_patched(queue, old, new)
            try:
                self._management.queues.replace_metadata(queue, old=old, new=new)
            except Conflict:  # somebody else changed it between reading and writing
                continue
            self._known.forget(queue)
            return reserved_metadata.complete(new, self._limits, queue.kind)
        raise Unavailable(f"The {queue.kind} is being changed by others.")

    def delete(self, context: Context, queue: QueueKey) -> None:
        """Remove the queue with its messages and claims; silent when missing (http Q-20)."""
        self._check("delete", context, queue.kind)
        self._known.forget(queue)
        self._management.queues.delete(queue)
        self._known.store_for(queue).records.delete(queue)
        self._known.forget(queue)

    def stats(self, context: Context, queue: QueueKey) -> Stats:
        """Return the counters. Raises ``QueueNotFound``."""
        self._check("stats", context, queue.kind)
        return self._known.store_for(queue).records.stats(queue)

    def purge(self, context: Context, queue: QueueKey, resource_types: object = PURGEABLE) -> None:
        """Remove what a queue holds, claimed and delayed messages included (http Q-26 to Q-29)."""
        self._check("purge", context, queue.kind)
        if not isinstance(resource_types, Sequence) or isinstance(resource_types, str):
            raise Invalid("resource_types must be an array.")
        if not all(kind in PURGEABLE for kind in resource_types):
            raise Invalid(f"resource_types may only contain {' and '.join(PURGEABLE)}.")
        store = self._known.store_for(queue)
        if "messages" in resource_types:
            store.records.purge(queue)
        if "subscriptions" in resource_types:
            trusts = trusts_in(store.subscriptions, queue) if self._trusts.are_made else ()
            store.subscriptions.delete_all(queue)
            self._news.tell_change(queue)
            self._trusts.delete(context, trusts)

    def _check(self, verb: str, context: Context, kind: Kind) -> None:
        self._authorization.check(f"{kind}s:{verb}", context)

    def _check_patched(self, queue: QueueKey, old: Mapping[str, Any], metadata: dict[str, Any]) -> None:
        # A queue that is encrypted stays so when its service has lost the key; posts are refused then.
        can_encrypt = self._can_encrypt or bool(old.get("_enable_encrypt_messages"))
        try:
            reserved_metadata.check(queue, metadata, self._limits, can_encrypt=can_encrypt)
        except Invalid as error:
            raise InvalidBody(str(error)) from error
        size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
        if size > self._limits.max_queue_metadata:
            raise InvalidBody(f"Metadata is limited to {self._limits.max_queue_metadata} bytes; this has {size}.")
