"""Whether the caller may do it."""

import contextlib
import difflib
import functools
import logging
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib import metadata
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from zaqar.context import Context
from zaqar.errors import ConfigurationError, Forbidden, Unavailable, refuse_together
from zaqar.policies import files
from zaqar.policies.defaults import RULES

LOG = logging.getLogger(__name__)

_ALWAYS_TRUE: tuple[files.Check, ...] = ("", "@", [])

LOOK_INTERVAL = 5.0
"""Seconds between two looks at the policy files."""

MOST_REMEMBERED = 10_000
"""Decisions that are remembered; when there are more, all are forgotten."""


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

    @property
    def notes(self) -> list[str]:
        """Return what the operator should know of the rules in force, a sentence each."""
        return self._rules.notes

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
        for note in self.notes:
            LOG.warning("%s", note)
        LOG.info("The policy files have changed and are in force.")


class _Rules:
    """One reading of the rules."""

    def __init__(self, conf: cfg.ConfigOpts, overrides: Mapping[str, files.Check]) -> None:
        checks: dict[str, Any] = {rule.name: rule.check for rule in RULES}
        self.notes = [_note(name, checks) for name in overrides if ":" in name and name not in checks]
        checks.update(overrides)
        # Enforcing costs 54 us even for a rule that is always true, so those are known by name.
        self.open = frozenset(name for name, check in checks.items() if check in _ALWAYS_TRUE)
        # oslo.policy imports an HTTP library with the first rule that it reads, a twentieth of a second of every start: the
        # defaults, which are right and ask nobody outside, are read when one of them has to be evaluated.
        self._enforcer = functools.cache(lambda: _enforcer(conf, checks))
        # The others are evaluated once for the same credentials, unless somebody outside is asked, who may change his mind.
        self._is_own = not overrides or not any(map(_asks_outside(), map(str, self._enforcer().rules.values())))
        self._decisions: dict[tuple[object, ...], bool] = {}

    def allows(self, rule: str, context: Context) -> bool:
        """Tell whether the rule allows it. Raises ``Unavailable`` when a server that it asks does not answer."""
        if not self._is_own:
            return self._evaluated(rule, context)
        key = (rule, context.project, context.user, context.roles, context.is_signed)
        decision = self._decisions.get(key)
        if decision is None:
            if len(self._decisions) >= MOST_REMEMBERED:
                self._decisions.clear()
            decision = self._decisions[key] = self._evaluated(rule, context)
        return decision

    def _evaluated(self, rule: str, context: Context) -> bool:
        credentials = {
            "project_id": context.project,
            "user_id": context.user,
            "roles": list(context.roles),
            "signed": context.is_signed,
        }
        try:
            return bool(self._enforcer().enforce(rule, {"project_id": context.project}, credentials))
        except (OSError, RuntimeError) as error:  # what oslo.policy and its HTTP library raise
            raise Unavailable("The server that decides who may do this does not answer.") from error


def _enforcer(conf: cfg.ConfigOpts, checks: dict[str, Any]) -> policy.Enforcer:
    """Return what evaluates the rules. Raises ``ConfigurationError`` for all that are wrong."""
    enforcer = policy.Enforcer(conf, use_conf=False)
    with _kept_from_the_log("oslo_policy._parser"):  # tracebacks of what is refused in a sentence
        enforcer.set_rules(policy.Rules.from_dict(checks, conf.oslo_policy.policy_default_rule))
    refuse_together(lambda: _check_understood(enforcer, checks), lambda: _check_references(enforcer))
    return enforcer


@functools.cache
def _asks_outside() -> Callable[[str], object]:
    """Return what tells whether a rule has a check of a library: HTTP, or whatever somebody has installed."""
    kinds = (re.escape(point.name) for point in metadata.entry_points(group="oslo.policy.rule_checks"))
    return re.compile(rf"(?<![\w.])(?:{'|'.join(kinds)}):").search


def _note(name: str, known: Collection[str]) -> str:
    # A name without a colon may be a part of other rules.
    near = difflib.get_close_matches(name, known, n=1)
    hint = f": did you mean {near[0]}?" if near else "."
    return f"The policy rule {name} is none of the service's rules, so it decides nothing{hint}"


@contextlib.contextmanager
def _kept_from_the_log(name: str) -> Iterator[list[str]]:
    """Give what the logger is told meanwhile, and let nobody else hear it."""
    said: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        said.append(record.getMessage())
        return False

    logger = logging.getLogger(name)
    logger.addFilter(keep)
    try:
        yield said
    finally:
        logger.removeFilter(keep)


def _check_understood(enforcer: policy.Enforcer, checks: Mapping[str, files.Check]) -> None:
    """Refuse rules with a mistake in them, which oslo.policy only logs."""
    # What cannot be parsed becomes "!", never true, anywhere inside the rule.
    wrong = [
        f"The policy rule {name} cannot be understood: {check!r}."
        for name, check in checks.items()
        if "!" in str(enforcer.rules[name]) and "!" not in str(check)
    ]
    if wrong:
        raise ConfigurationError(*wrong)


def _check_references(enforcer: policy.Enforcer) -> None:
    """Refuse rules that refer to nothing or in a circle, which oslo.policy only logs, too."""
    with _kept_from_the_log("oslo_policy.policy") as said:
        is_right = enforcer.check_rules()
    if not is_right:
        raise ConfigurationError(*(f"The policy cannot be obeyed: {sentence}" for sentence in said))
