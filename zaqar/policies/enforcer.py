"""Whether the caller may do it."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from zaqar.context import Context
from zaqar.errors import ConfigurationError, Forbidden, Unavailable
from zaqar.policies import files
from zaqar.policies.defaults import list_rules

LOG = logging.getLogger(__name__)

LOOK_INTERVAL = 5.0
"""Seconds between two looks at the policy files."""


class Policy:
    """The rules in force: the defaults, overridden by the operator's files, which are read again when they change.

    A file that becomes unreadable, senseless or vanishes leaves the rules as they were, with one line in the log.
    """

    def __init__(self, conf: cfg.ConfigOpts, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._conf = conf
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._problem = ""
        found = files.policy_files(conf)
        self._in_force = self._seen = files.version(found)
        self._rules = _Rules(conf, files.read(found))
        self._next_look = monotonic() + LOOK_INTERVAL

    def check(self, rule: str, context: Context) -> None:
        """Return when the rule lets the caller pass. Raises ``Forbidden``."""
        if self._monotonic() >= self._next_look:
            self._look()
        rules = self._rules
        if rule not in rules.open and not rules.allows(rule, context):
            raise Forbidden(f"The policy rule {rule} does not allow this.")

    def _look(self) -> None:
        # One thread looks; the others go on with the rules there are.
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._next_look = self._monotonic() + LOOK_INTERVAL
            self._reload()
            self._problem = ""
        except ConfigurationError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                LOG.error("%s The rules stay as they were.", error)  # noqa: TRY400 - the sentence says it all
        finally:
            self._lock.release()

    def _reload(self) -> None:
        found = files.policy_files(self._conf)
        version = files.version(found)
        if version == self._seen:
            return
        # Also what turns out to be broken is read once only: oslo.policy logs its mistakes each time.
        self._seen = version
        gone = {path for path, *_ in self._in_force} - {path for path, *_ in version}
        if gone:
            raise ConfigurationError(f"The policy file {min(gone)} has vanished; restart the service if that is meant.")
        self._rules = _Rules(self._conf, files.read(found))
        self._in_force = version
        LOG.info("The policy files have changed and are in force.")


class _Rules:
    """One reading of the rules."""

    def __init__(self, conf: cfg.ConfigOpts, overrides: Mapping[str, files.Check]) -> None:
        checks: dict[str, Any] = {default.name: default.check_str for default in list_rules()}
        for name in overrides.keys() - checks.keys():
            if ":" in name:  # the others may be parts of rules
                LOG.warning("The policy rule %s is none of the service's rules, so it decides nothing.", name)
        checks.update(overrides)
        self._enforcer = policy.Enforcer(conf, use_conf=False)
        self._enforcer.set_rules(policy.Rules.from_dict(checks, conf.oslo_policy.policy_default_rule))
        _check_understood(self._enforcer, checks)
        # Enforcing costs 54 us even for a rule that is always true, so those are known by name.
        self.open = frozenset(name for name, check in self._enforcer.rules.items() if str(check) == "@")

    def allows(self, rule: str, context: Context) -> bool:
        """Evaluate the rule. Raises ``Unavailable`` when a server that it asks does not answer."""
        credentials = {"project_id": context.project, "user_id": context.user, "roles": list(context.roles)}
        try:
            return bool(self._enforcer.enforce(rule, {"project_id": context.project}, credentials))
        except (OSError, RuntimeError) as error:  # what oslo.policy and its HTTP library raise
            raise Unavailable("The server that decides who may do this does not answer.") from error


def _check_understood(enforcer: policy.Enforcer, checks: Mapping[str, files.Check]) -> None:
    """Refuse what oslo.policy only logs: rules with a mistake in them, and rules that refer to nothing or in a circle."""
    for name, check in checks.items():
        # What cannot be parsed becomes "!", never true, anywhere inside the rule.
        if "!" in str(enforcer.rules[name]) and "!" not in str(check):
            raise ConfigurationError(f"The policy rule {name} cannot be understood: {check!r}.")
    try:
        enforcer.check_rules(raise_on_violation=True)
    except policy.InvalidDefinitionError as error:
        raise ConfigurationError(
            f"A policy rule refers to a rule that does not exist, or to itself: {' '.join(str(error).split())}."
        ) from error
