"""A configuration group: its options, and which of them have no use."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oslo_config import cfg


@dataclasses.dataclass(frozen=True)
class Group:
    """The options of one section of a configuration file."""

    name: str
    options: Sequence[cfg.Opt]
    idle: frozenset[str] = frozenset()
    """Names that are accepted and do nothing, yet or any more; setting one is worth a warning."""
    computed: Mapping[str, Callable[[cfg.ConfigOpts], Any]] = dataclasses.field(default_factory=dict)
    """What options of a store, or further fields of its driver, come from where no group of the store gives them."""

    @property
    def is_idle(self) -> bool:
        """Whether none of the options has a use yet."""
        return self.idle >= {option.name for option in self.options}

    @property
    def section(self) -> str | None:
        """The name as oslo.config wants it: None for ``DEFAULT``."""
        return None if self.name == "DEFAULT" else self.name

    def register(self, conf: cfg.ConfigOpts) -> None:
        """Register the group's options with oslo.config, so that it reads them."""
        conf.register_opts(self.options, group=self.section)


def idle_group(name: str, options: Sequence[cfg.Opt]) -> Group:
    """Return a group all of whose options have no use yet."""
    return Group(name, options, idle=frozenset(option.name for option in options))


def is_set(conf: cfg.ConfigOpts, group: Group, name: str) -> bool:
    """Tell whether the operator set the option, under its name or an old one, in a file or the environment."""
    try:
        location = conf.get_location(name.replace("-", "_"), group.section)
    except (cfg.Error, ValueError):
        return True  # to something that it cannot take
    return location is not None and location.location.is_user_controlled
