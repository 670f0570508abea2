"""The operations over their stores."""

from zaqar import config
from zaqar.background import Background
from zaqar.clock import Clock, SystemClock
from zaqar.deploy import trusts
from zaqar.deploy.stores import chosen, describe
from zaqar.deploy.subscribers import kind_rules
from zaqar.news import News, NoNews
from zaqar.operations import Operations
from zaqar.policies import Policy
from zaqar.storage.routing import SingleStore
from zaqar.storage.sweeping import Sweeping


class Service:
    """The operations over their stores, ready for a transport."""

    def __init__(
        self,
        conf: config.Options,
        *,
        policy: Policy | None = None,
        clock: Clock | None = None,
        news: News | None = None,
    ) -> None:
        """Open the stores."""
        self._management = chosen(conf, "management_store").management_store(clock)
        self._routing = SingleStore(chosen(conf, "message_store").message_store(clock))
        self.signer = config.signer(conf, clock or SystemClock())
        self.operations = Operations.over(
            management=self._management,
            routing=self._routing,
            authorization=policy or Policy(conf),
            limits=config.limits(conf),
            signer=self.signer,
            cipher=config.cipher(conf),
            settings_seconds=conf.queue_cache_time,
            news=news or NoNews(),
            kinds=kind_rules(conf),
            trusts=trusts.making(conf, clock),
        )
        self.description = describe(conf)
        self.background = Background([Sweeping(store).task() for store in self._routing.stores()])

    def sweep(self) -> int:
        """Remove expired messages and claims from the stores; return how many were removed."""
        return sum(store.sweep() for store in self._routing.stores())

    def close(self) -> None:
        """Stop background work and release connections."""
        self.background.stop()
        for store in self._routing.stores():
            store.close()
        self._management.close()


def service(conf: config.Options, *, clock: Clock | None = None) -> Service:
    """Return the service that ``conf`` describes. Raises ``ConfigurationError``."""
    return Service(conf, clock=clock)
