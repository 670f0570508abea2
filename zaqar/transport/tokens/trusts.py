"""Trusts in Keystone, with the user of ``[trustee]`` as the trustee (notifications A6).

A trust is made with the token of a request, so that it can give no more than that has. With a token for a trust the
service is the trustor, as far as the trust goes, which includes removing it.
"""

import contextlib
import datetime
import logging
import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from keystoneauth1 import exceptions
from keystoneauth1.plugin import AUTH_INTERFACE

from zaqar import forks
from zaqar.context import Context
from zaqar.errors import TrustLost, Unavailable
from zaqar.limits import LAST_SECOND
from zaqar.transport.tokens.hurry import HurriedSession, hurry
from zaqar.transport.tokens.validations import DEADLINE, PLACE_PATIENCE

LOG = logging.getLogger(__name__)

_PATH = "/OS-TRUST/trusts"
_MOST_TOLD = 10
_SPREADS = (1, 60, 600, 3600)
"""Seconds within which a trust ends after its subscription, from one attempt to make it to the next."""
_UNKNOWN = frozenset({401, 403, 404})
_NO_KEYSTONE = (exceptions.ClientException, ValueError, KeyError, TypeError)
"""What comes of no answer, of an error, and of an answer that is somebody else's."""


class Trusts:
    """Makes, uses and removes trusts; each call ends within ``deadline`` seconds. Any thread may call anything here.

    ``log_in(trust_id=...)`` returns a plugin of keystoneauth for a trust, or for the trustee himself; ``open_session(session=...)`` a
    session of keystoneauth over one of requests. ``now``: the second since 1970. At most ``most`` requests at a time wait for trusts to be
    made or removed: the other threads are for whoever needs none.
    """

    are_made = True

    def __init__(
        self,
        *,
        log_in: Callable[..., Any],
        open_session: Callable[..., Any],
        now: Callable[[], int],
        most: int,
        deadline: float = DEADLINE,
        patience: float = PLACE_PATIENCE,
    ) -> None:
        self._log_in = log_in
        self._open_session = open_session
        self._now = now
        self._most = most
        self._deadline = deadline
        self._patience = patience
        self.forget_parent()
        forks.tell(self)

    def forget_parent(self) -> None:
        """Leave the connections to the parent, in a forked process."""
        self._lock = threading.Lock()
        self._opened: tuple[Any, Any] | None = None
        self._places = threading.BoundedSemaphore(self._most)

    def create(self, context: Context, *, seconds: int) -> str:
        """Let the trustee act as the caller for so long; return the trust's id. Raises ``Unavailable``."""
        if context.token is None or context.user is None:
            raise Unavailable("A subscriber with a trust needs a request with a token, which a signature is not.")
        with self._place():
            return self._create(context, context.token.text, seconds)

    def _create(self, context: Context, token: str, seconds: int) -> str:
        document = {
            "trustor_user_id": context.user,
            "trustee_user_id": self._trustee_id(),
            "project_id": context.project,
            "roles": [{"name": role} for role in context.roles],
            "impersonation": True,
        }
        try:
            answer = self._make(document, token, ends=self._now() + seconds)
            return str(answer.json()["trust"]["id"])
        except exceptions.HttpError as error:
            LOG.warning("%s Keystone makes no trust for a subscriber: %s.", context.request_id, _told(error))
            raise Unavailable(f"Keystone makes no trust for the subscriber: it answers {error.http_status}.") from error
        except _NO_KEYSTONE as error:
            LOG.warning("%s Keystone makes no trust for a subscriber: %s.", context.request_id, _told(error))
            raise Unavailable("Keystone makes no trust for the subscriber now.") from error

    def _make(self, document: Mapping[str, Any], token: str, *, ends: int) -> Any:
        """Make a trust that ends then, or somewhat later.

        Keystone has no two trusts between the same users that end at the same moment, removed ones counted; on some of its
        databases a moment is a second.
        """
        *spreads, widest = _SPREADS
        for spread in spreads:
            with contextlib.suppress(exceptions.Conflict):
                return self._ask("POST", _PATH, token, json={"trust": {**document, "expires_at": _end(ends, spread)}})
        return self._ask("POST", _PATH, token, json={"trust": {**document, "expires_at": _end(ends, widest)}})

    def delete(self, context: Context, trust_ids: Collection[str]) -> None:
        """Remove trusts: by the right of the caller if he is the trustor, else by that of the trust itself."""
        if not trust_ids:
            return
        left, reason = list(trust_ids), "Keystone is slow to answer"
        with contextlib.suppress(Unavailable), self._place():
            left, reason = self._delete_all(context, trust_ids)
        if left:
            some = " ".join(left[:_MOST_TOLD])
            LOG.warning(
                "%s Trusts could not be removed, %d of %d: %s: %s.",
                context.request_id,
                len(left),
                len(trust_ids),
                some,
                reason,
            )

    def token(self, trust_id: str) -> tuple[str, float]:
        """Return a new token for a trust, and for how many seconds it is good. Raises ``TrustLost`` and ``Unavailable``."""
        hurry(self._deadline)
        return self._token(trust_id)

    def _delete_all(self, context: Context, trust_ids: Collection[str]) -> tuple[list[str], str]:
        """Return those that could not be removed, and why the last could not."""
        left, reason = list[str](), ""
        for trust_id in trust_ids:
            try:
                self._delete(context, trust_id)
            except TrustLost:
                continue  # there is nothing left of it that could be used
            except (Unavailable, *_NO_KEYSTONE) as error:
                left.append(trust_id)
                reason = _told(error)
        return left, reason

    def _delete(self, context: Context, trust_id: str) -> None:
        if context.token is not None and self._is_removed(trust_id, context.token.text):
            return
        token, _ = self._token(trust_id)
        self._remove(trust_id, token)

    def _token(self, trust_id: str) -> tuple[str, float]:
        session, _ = self._current()
        try:
            access = self._log_in(trust_id=trust_id).get_access(session)
            # By Keystone's clock alone: that of this host may differ.
            return str(access.auth_token), float((access.expires - access.issued).total_seconds())
        except exceptions.HttpError as error:
            if error.http_status not in _UNKNOWN:
                raise Unavailable(f"Keystone gives no token for a trust: it answers {error.http_status}.") from error
            self._trustee_id()  # else it is the trustee whom it does not let in
            raise TrustLost("Keystone gives no token for the trust.") from error
        except _NO_KEYSTONE as error:
            raise Unavailable("Keystone does not answer.") from error

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=self._patience):
            raise Unavailable("Keystone is slow to answer, and enough requests wait for trusts.")
        hurry(self._deadline)
        try:
            yield
        finally:
            self._places.release()

    def _trustee_id(self) -> str:
        session, trustee = self._current()
        try:
            return str(trustee.get_access(session).user_id)
        except _NO_KEYSTONE as error:
            LOG.warning("Keystone does not let the user of [trustee] in: %s.", _told(error))
            raise Unavailable("The user of the service for trusts gets no token of Keystone.") from error

    def _is_removed(self, trust_id: str, token: str) -> bool:
        try:
            self._remove(trust_id, token)
        except (exceptions.Unauthorized, exceptions.Forbidden):
            return False
        return True

    def _remove(self, trust_id: str, token: str) -> None:
        try:
            self._ask("DELETE", f"{_PATH}/{trust_id}", token)
        except exceptions.NotFound:
            return

    def _ask(self, method: str, path: str, token: str, **given: Any) -> Any:
        session, trustee = self._current()
        return session.request(
            path,
            method,
            auth=trustee,  # which knows where Keystone is
            authenticated=False,
            endpoint_filter={"interface": AUTH_INTERFACE, "version": (3,)},
            headers={"X-Auth-Token": token, "Accept": "application/json"},
            log=False,
            **given,
        )

    def _current(self) -> tuple[Any, Any]:
        """Return the session and the trustee's plugin of this process."""
        with self._lock:
            if self._opened is None:
                self._opened = self._open_session(session=HurriedSession()), self._log_in()
            return self._opened


def _end(second: int, spread: int) -> str:
    """Return a moment within so many seconds after a second, or before the end of the calendar."""
    first = min(second, LAST_SECOND - spread)
    moment = datetime.datetime.fromtimestamp(first, datetime.UTC) + datetime.timedelta(
        microseconds=random.randrange(spread * 1_000_000)
    )
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _told(error: Exception) -> str:
    """Return why there was no answer; what Keystone says has no token in it."""
    return f"{type(error).__name__}: {error}".replace("\n", " ").rstrip(".")
