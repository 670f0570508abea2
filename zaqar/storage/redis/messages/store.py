"""The message store on one server, on Sentinels or on a Cluster, and what it is made of."""

from zaqar.clock import Clock
from zaqar.storage.contract import MessageStore
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.claims import QueueClaims
from zaqar.storage.redis.messages.dead_letters import DeadLetters
from zaqar.storage.redis.messages.deliveries import QueueDeliveries
from zaqar.storage.redis.messages.leaving import Leaving
from zaqar.storage.redis.messages.messages import QueueMessages
from zaqar.storage.redis.messages.records import QueueRecords
from zaqar.storage.redis.messages.redrives import QueueRedrives
from zaqar.storage.redis.messages.running import Running
from zaqar.storage.redis.messages.sources import Sources
from zaqar.storage.redis.messages.subscriptions import QueueSubscriptions
from zaqar.storage.redis.messages.sweep import Sweep
from zaqar.storage.redis.server.server import Server


class Parts:
    """What a message store is made of.

    ``memory``: seconds for which the token of a post is remembered.
    """

    def __init__(self, server: Server, clock: Clock, *, memory: int) -> None:
        self.server = server
        self.clock = clock
        agenda, sources, running = Agenda(server), Sources(server), Running(server)
        self.leaving = Leaving(server, clock, agenda, sources)
        self.dead_letters = DeadLetters(server, clock, agenda, self.leaving)
        self.sweep = Sweep(server, clock, agenda, sources, self.leaving, self.dead_letters, running)
        self.records = QueueRecords(server, clock, agenda)
        self.messages = QueueMessages(server, clock, agenda, sources, memory=memory)
        self.claims = QueueClaims(server, clock, agenda, self.dead_letters)
        self.subscriptions = QueueSubscriptions(server, clock, agenda)
        self.deliveries = QueueDeliveries(server, clock, agenda, sources)
        self.redrives = QueueRedrives(server, clock, agenda, self.leaving, running)

    def store(self) -> MessageStore:
        """Return the message store, which closes the connections."""
        return MessageStore(
            records=self.records,
            messages=self.messages,
            claims=self.claims,
            subscriptions=self.subscriptions,
            deliveries=self.deliveries,
            redrives=self.redrives,
            microseconds=self.clock.microseconds,
            sweep=self.sweep.sweep,
            is_turn_to_sweep=self.sweep.is_turn,
            is_alive=self.server.is_alive,
            close=self.server.close,
        )
