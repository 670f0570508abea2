"""What a backend is to those who open it: entry points in ``zaqar.storage.message`` and ``.management`` name one."""

import abc
import dataclasses
from typing import Any, ClassVar, Generic, Literal, TypeVar

from zaqar.clock import Clock
from zaqar.storage.contract import ManagementStore, MessageStore

Role = Literal["message_store", "management_store"]
ROLES: tuple[Role, ...] = ("message_store", "management_store")

CAPABILITIES = ("FIFO", "CLAIMS", "DURABILITY", "AOD", "HIGH_THROUGHPUT")
"""What a driver may promise (http P-10): post order, claims, that an acknowledged message survives the loss of a node,
delivery at least once, and high rates."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """How to open a store; a driver's own options are fields of a subclass, each with its default.

    A field is the option of the same name in ``[drivers:message_store:NAME]`` or ``[drivers:management_store:NAME]``, NAME
    being that of the driver. Texts, whole numbers, numbers and booleans can be fields.
    """

    uri: str | None = dataclasses.field(default=None, repr=False)
    """Where the database is; it may hold a password."""


Own = TypeVar("Own", bound=Options)


class Driver(abc.ABC, Generic[Own]):
    """A backend. Instances have no state; ``options`` that cannot be obeyed raise ``ConfigurationError``."""

    name: ClassVar[str]
    """Also that of its groups of options."""
    schemes: ClassVar[frozenset[str]]
    """Those of the URIs that it serves; of ``a+b://`` it is enough to name ``a``."""
    capabilities: ClassVar[frozenset[str]]
    """Some of ``CAPABILITIES``."""
    options: type[Own]

    def check(self, options: Own) -> None:
        """Refuse what cannot be, as far as that shows without contacting a server or making a file."""
        self.place(options)

    def prepare(self, options: Own) -> list[str]:  # noqa: ARG002  # most have nothing to make
        """Make ready what the stores need, such as the newest schema; called at every start, by one process or more.

        Returns what the operator should know of it, a sentence each.
        """
        return []

    def warnings(self, options: Own) -> list[str]:  # noqa: ARG002
        """Return what the operator should know of the database, a sentence each; a server that is away is among it."""
        return []

    @abc.abstractmethod
    def place(self, options: Own) -> str:
        """Return where the data is, in one line without secrets."""

    @abc.abstractmethod
    def message_store(self, options: Own, clock: Clock | None) -> MessageStore:
        """Open a message store; without a ``clock`` its time is the database's."""

    @abc.abstractmethod
    def management_store(self, options: Own, clock: Clock | None) -> ManagementStore:
        """Open a management store."""


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A driver with the options that a deployment gives it."""

    driver: Driver[Any]
    options: Options

    @property
    def place(self) -> str:
        """Where the data is, in one line without secrets."""
        return self.driver.place(self.options)

    def check(self) -> None:
        """Refuse what cannot be. Raises ``ConfigurationError``."""
        self.driver.check(self.options)

    def prepare(self) -> list[str]:
        """Make ready what the stores need; return what the operator should know. Raises ``ConfigurationError``."""
        return [*self.driver.prepare(self.options), *self.driver.warnings(self.options)]

    def message_store(self, clock: Clock | None = None) -> MessageStore:
        """Open a message store. Raises ``ConfigurationError``."""
        return self.driver.message_store(self.options, clock)

    def management_store(self, clock: Clock | None = None) -> ManagementStore:
        """Open a management store. Raises ``ConfigurationError``."""
        return self.driver.management_store(self.options, clock)
