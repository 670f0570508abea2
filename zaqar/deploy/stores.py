"""The stores that a configuration names: whether they can be, made ready, and where they are."""

import functools

from zaqar import config
from zaqar.storage import drivers
from zaqar.storage.driver import ROLES, Chosen, Role


def chosen(conf: config.Options, role: Role) -> Chosen:
    """Return the driver of a store with what the configuration says of it. Raises ``ConfigurationError``."""
    driver = _driver(role, conf.drivers[role])
    return Chosen(driver, config.store_options(conf, role, driver.name, driver.options))


# Looking for what is installed takes ten milliseconds, and every step of a start asks.
_driver = functools.cache(drivers.named)


def prepare(conf: config.Options) -> list[str]:
    """Make the stores ready; where both are one, once. Raises ``ConfigurationError``.

    Returns what the operator should know of them, a sentence each.
    """
    ready: list[Chosen] = []
    notes: list[str] = []
    for role in ROLES:
        store = chosen(conf, role)
        if store not in ready:
            ready.append(store)
            notes += store.prepare()
    return list(dict.fromkeys(notes))


def store_checks() -> list[config.Check]:
    """Return the refusals of stores that cannot be, as far as that shows without opening them."""
    return [functools.partial(_check_store, role=role) for role in ROLES]


def _check_store(conf: config.Options, *, role: Role) -> None:
    if config.is_built(role, conf.drivers[role]):  # else the configuration has refused it
        chosen(conf, role).check()


def describe(conf: config.Options) -> str:
    """Return where the data is, in one line."""
    messages, queues = (chosen(conf, role).place for role in ROLES)
    if messages == queues:
        return f"messages and queues in {messages}"
    return f"messages in {messages}, queues in {queues}"
