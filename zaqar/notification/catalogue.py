"""What Keystone's catalogue says: where this service is, and which hosts belong to the cloud (notifications N-58, N-77)."""

import logging
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zaqar.background import Task
from zaqar.errors import Unavailable

LOG = logging.getLogger(__name__)

UNTIL_ANSWERED = 10.0
"""Seconds between attempts while Keystone has not told its catalogue."""
RENEWED = 600.0
"""Seconds after which it is asked again."""

Entries = Sequence[Mapping[str, Any]]
"""Services with their ``name`` and ``endpoints``, each of which has ``interface`` and ``url``."""


class Catalogue:
    """Asks in the background, by ``task``; until there was an answer nothing is known. ``ask`` raises ``Unavailable``."""

    def __init__(self, ask: Callable[[], Entries], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._due = float("-inf")
        self._hosts: frozenset[str] = frozenset()
        self._public: Mapping[str, str] = {}
        self._is_away = False
        self.task = Task(
            "catalogue",
            self.renew,
            interval=0,
            after_mistake=UNTIL_ANSWERED,
            failure="The catalogue of Keystone could not be read.",
        )

    def endpoint(self, name: str) -> str | None:
        """Return where clients reach a service, if that is known."""
        return self._public.get(name)

    def has_host(self, host: str) -> bool:
        """Tell whether an endpoint of the cloud is on this host."""
        return host.lower() in self._hosts

    def finds_host(self, host: str) -> bool:
        """Tell the same where nothing runs in the background: ask first, if it is time to."""
        now = self._monotonic()
        if self._due <= now:
            self._due = now + UNTIL_ANSWERED  # for whoever comes meanwhile
            self._due = now + self.renew()
        return self.has_host(host)

    def renew(self) -> float:
        """Ask; return in how many seconds to ask again."""
        try:
            entries = self._ask()
        except Unavailable as error:
            if not self._is_away:
                LOG.warning("%s It is asked again.", error)
            self._is_away = True
            return UNTIL_ANSWERED
        self._is_away = False
        endpoints = [(entry.get("name"), one) for entry in entries for one in entry.get("endpoints", ())]
        hosts = (urllib.parse.urlsplit(one["url"]).hostname for _, one in endpoints)
        self._hosts = frozenset(host for host in hosts if host)
        self._public = {name: one["url"] for name, one in endpoints if name and one.get("interface") == "public"}
        return RENEWED
