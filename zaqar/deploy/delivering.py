"""The notifier over its stores, and the news that reach it."""

import contextlib
import dataclasses
import functools
import logging
import threading
from typing import TYPE_CHECKING, Any

from zaqar import config
from zaqar.background import Task
from zaqar.clock import SystemClock
from zaqar.deploy.stores import chosen, describe
from zaqar.deploy.subscribers import settings
from zaqar.errors import ConfigurationError, QueueNotFound
from zaqar.models import QueueKey
from zaqar.news import Box, HostNews, News, NoNews
from zaqar.notification.kinds.installed import installed
from zaqar.operations.bodies import Bodies
from zaqar.operations.copies import Copies
from zaqar.operations.settings import KnownQueues
from zaqar.redriving import Redriver
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.routing import SingleStore

if TYPE_CHECKING:
    from zaqar.notification.catalogue import Catalogue
    from zaqar.notification.confirmation import Confirmations
    from zaqar.notification.places import Places

LOG = logging.getLogger(__name__)

AFTER_FAILURE = 1.0
"""Seconds."""

LONGEST_WAIT = 0.5
"""Seconds after which whoever waits for news looks whether it is to stop."""


def news_of(conf: config.Options) -> News:
    """Return where processes tell what is posted."""
    if not conf.notification.enabled:
        return NoNews()
    return HostNews(config.news_directory(conf, describe(conf)))


class Delivering:
    """Delivers until it is told to stop, in a process of its own or in a thread of another's."""

    def __init__(self, conf: config.Options) -> None:
        """Open the stores. Raises ``ConfigurationError``."""
        from zaqar.notification.notifier import Notifier

        self._management = chosen(conf, "management_store").management_store(None)
        self._store = chosen(conf, "message_store").message_store(None)
        self._news_directory = config.news_directory(conf, describe(conf))
        self._catalogue = _catalogue(conf)
        places = _places(conf, self._catalogue)
        confirmations = _confirmations(conf, places)
        known = _known_queues(conf, self._management, self._store)
        delivery = dataclasses.replace(settings(conf), confirmation_page=places.page)
        if self._catalogue is not None:
            delivery = dataclasses.replace(delivery, is_trusted_host=self._catalogue.has_host)
        self._notifier = Notifier(
            stores=[self._store],
            settings=delivery,
            kinds=installed(delivery),
            post_copy=_copies(conf, known).post,
            retry_policy=self._retry_policy,
            decrypted=config.cipher(conf).decrypt,
            confirmation=confirmations.asked if confirmations else None,
        )
        self._redriver = Redriver(self._store, create_lazily=known.create_lazily, deliver=self._notifier.tell)
        self._is_over = threading.Event()

    @classmethod
    def in_every_process(cls, conf: config.Options) -> Task:
        """Deliver in a thread of this process, and of each that is forked from it, for as long as it lives."""
        # In the thread it could be under way when a process is forked, which would have half a module for ever.
        import zaqar.notification.catalogue
        import zaqar.notification.confirmation
        import zaqar.notification.notifier
        import zaqar.notification.places  # noqa: F401

        for kind in installed(settings(conf)).values():
            kind.load()
        task = Task(
            "deliveries",
            lambda: cls(conf).run(),
            interval=0,
            after_mistake=1,
            failure="Deliveries have stopped, and begin anew.",
        )
        task.start()
        return task

    def run(self) -> None:
        """Deliver until ``stop``."""
        listening = threading.Thread(target=self._listen, name="news", daemon=True)
        listening.start()
        if self._catalogue is not None:
            self._catalogue.task.start()
        self._redriver.task.start()
        try:
            self._notifier.run()
        finally:
            self._is_over.set()
            self._redriver.stop()
            self._redriver.task.stop()
            listening.join()
            if self._catalogue is not None:
                self._catalogue.task.stop()
            self._store.close()
            self._management.close()

    def stop(self) -> None:
        """Let ``run`` come back soon; for any thread, and for a signal's handler."""
        self._redriver.stop()
        self._notifier.stop()

    def report(self) -> str:
        """Return in a line what was done so far."""
        counts = self._notifier.counts()
        return (
            f"{counts.delivered} delivered, {counts.failed_attempts} attempts failed, {counts.given_up} given up; "
            f"{counts.pending} pending of {counts.subscriptions} subscriptions in hand"
        )

    def _listen(self) -> None:
        """Wait for news, wherever there is a place to do so: without, as in a container that cannot write, a sweep finds all."""
        is_told = False
        with contextlib.ExitStack() as stack:
            box = None
            while not self._is_over.is_set():
                try:
                    box = box or stack.enter_context(contextlib.closing(Box(self._news_directory)))
                    for queue, is_change in box.wait(LONGEST_WAIT).items():
                        self._notifier.tell(queue, is_change=is_change)
                        if is_change:  # of each post there are news; who begins a redrive tells of a change
                            self._redriver.tell()
                    is_told = False
                except (ConfigurationError, OSError) as error:
                    if not is_told:
                        LOG.error("No news are heard, only looked for each second. %s", error)  # noqa: TRY400  # says it all
                    is_told = True
                    self._is_over.wait(AFTER_FAILURE)

    def _retry_policy(self, queue: QueueKey) -> dict[str, Any] | None:
        try:
            policy = self._management.queues.get(queue).metadata.get("_retry_policy")
        except QueueNotFound:
            return None
        return policy if isinstance(policy, dict) else None


def _known_queues(conf: config.Options, management: ManagementStore, store: MessageStore) -> KnownQueues:
    return KnownQueues(
        management=management, routing=SingleStore(store), limits=config.limits(conf), seconds=conf.queue_cache_time
    )


def _copies(conf: config.Options, known: KnownQueues) -> Copies:
    return Copies(known=known, bodies=Bodies(config.cipher(conf)), limits=config.limits(conf), news=news_of(conf))


def _catalogue(conf: config.Options) -> "Catalogue | None":
    if not config.has_keystone(conf):
        return None
    from zaqar.notification.catalogue import Catalogue

    return Catalogue(functools.partial(config.catalogue, conf))


def _places(conf: config.Options, catalogue: "Catalogue | None") -> "Places":
    from zaqar.notification.places import Places

    return Places(
        public_url=conf.server.public_url,
        external_page=conf.notification.external_confirmation_url,
        endpoint=catalogue.endpoint if catalogue else lambda _: None,
    )


def _confirmations(conf: config.Options, places: "Places") -> "Confirmations | None":
    from zaqar.notification.confirmation import Confirmations

    signer = config.signer(conf, SystemClock())
    if not signer.has_key:
        return None
    return Confirmations(signer=signer, endpoint=places.endpoint)
