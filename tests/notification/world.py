"""A notifier over a store, with what tests say to both."""

import contextlib
import dataclasses
import threading

from tests.builders import new_message, new_token, queue_key
from tests.notification.builders import SECRET
from zaqar.models import NewSubscription
from zaqar.notification.kinds.installed import installed
from zaqar.notification.notifier import Notifier
from zaqar.notification.settings import NotifierSettings
from zaqar.storage import ids


def at_once(**changes):
    """Return settings under which nothing that tests wait for takes long."""
    known = {
        "allows_local": True,
        "sweep_interval": 0.02,
        "save_interval": 0.02,
        "tick": 0.01,
        "idle": 0.05,
        "grace": 1.0,
    }
    return NotifierSettings(**known | changes)


@dataclasses.dataclass
class World:
    """One queue, its store, its clock, and as many notifiers as a test starts."""

    store: object
    clock: object
    queue: object = dataclasses.field(default_factory=queue_key)
    retry_policy: dict | None = None
    decrypted: object = staticmethod(lambda project, bodies: bodies)
    confirmation: object = None
    more_kinds: object = staticmethod(lambda settings: {})
    """Takes settings, and returns kinds of subscribers by scheme beside those that are installed."""
    post_copy: object = None

    def __post_init__(self):
        self.store.records.create(self.queue)

    def subscribe(self, subscriber, *, ttl=3600, **options):
        """Subscribe, and return the subscription."""
        new = NewSubscription(subscriber=subscriber, ttl=ttl, options=options, secret=SECRET)
        return self.store.subscriptions.create(self.queue, new, token=ids.new_token())[0]

    def post(self, *bodies, ttl=3600, delay=0):
        """Post messages in one post, and return their ids."""
        messages = [new_message(body, ttl=ttl, delay=delay) for body in bodies]
        return self.store.messages.post(self.queue, messages, client_id="client", token=new_token()).ids

    def post_numbers(self, count, *, ttl=3600):
        """Post so many messages, each by itself."""
        return [self.post(str(number).encode(), ttl=ttl)[0] for number in range(count)]

    def standing(self, subscription):
        """Return how far a subscription is."""
        return self.store.deliveries.standing(self.queue, ids.parse_id(subscription.id))

    @contextlib.contextmanager
    def notifier(self, **settings):
        """Deliver while the block lasts."""
        notifier = self.new_notifier(**settings)
        notifier.start()
        try:
            yield notifier
        finally:
            notifier.stop()
            notifier.join(20)

    def new_notifier(self, retry_policy=None, **settings):
        """Return a notifier that does not run yet."""
        settings = at_once(**settings)
        return Notifier(
            stores=[self.store],
            settings=settings,
            kinds=installed(settings) | self.more_kinds(settings),
            post_copy=self.post_copy or self._refuse_copy,
            retry_policy=retry_policy or (lambda queue: self.retry_policy),
            decrypted=self.decrypted,
            confirmation=self.confirmation,
            clock=self.clock,
        )

    def _refuse_copy(self, queue, **message):
        raise AssertionError("nobody was to post anything")

    def wait_until(self, holds, *, seconds=20):
        """Ask again and again, until something holds."""
        pause = threading.Event()
        for _ in range(int(seconds / 0.01)):
            if holds():
                return
            pause.wait(0.01)
        raise AssertionError("it does not come to hold")
