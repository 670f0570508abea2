"""Subscriptions: create, list, show, change, delete, confirm; show and rotate the secret."""

import contextlib
from collections.abc import Callable, Sequence

import msgspec

from zaqar.context import Context
from zaqar.errors import (
    ChangedMeanwhile,
    Forbidden,
    Invalid,
    NothingToUpdate,
    QueueNotFound,
    SignatureRefused,
    SubscriberTaken,
    SubscriptionNotFound,
    Unavailable,
)
from zaqar.limits import Limits, page_size
from zaqar.models import NewSubscription, QueueKey, Subscription
from zaqar.news import News
from zaqar.operations.authorization import Authorization
from zaqar.operations.confirmations import Confirmations, check_answer, forgetting
from zaqar.operations.settings import KnownQueues
from zaqar.operations.subscription_secrets import new_secret
from zaqar.operations.subscription_terms import Terms
from zaqar.operations.trusts import Pledge, Trusts, trust_in
from zaqar.storage.ids import MalformedId, named, new_token, parse_id

FORMER_SECRET_SECONDS = 86_400
"""For how long a secret signs along after it was rotated away."""
_ATTEMPTS = 20

replaced = msgspec.structs.replace
Change = Callable[[Subscription], Subscription]


class Subscriptions:
    """The verbs of a subscription. ``subscriber``, ``ttl``, ``options`` and ``confirmed`` are whatever a client sent."""

    def __init__(  # noqa: PLR0913 - all that they are handed
        self,
        *,
        known: KnownQueues,
        authorization: Authorization,
        limits: Limits,
        terms: Terms,
        confirmations: Confirmations,
        trusts: Trusts,
        news: News,
        now: Callable[[], int],
    ) -> None:
        self._known = known
        self._authorization = authorization
        self._limits = limits
        self._terms = terms
        self._confirmations = confirmations
        self._trusts = trusts
        self._news = news
        self._now = now

    def create(
        self,
        context: Context,
        queue: QueueKey,
        *,
        subscriber: object = None,
        ttl: object = None,
        options: object = None,
    ) -> str:
        """Subscribe, making the queue if need be; return the id (http S-5 to S-16).

        Who is subscribed and has not confirmed gets the id of what there is, and is asked again. Raises ``SubscriberTaken``
        where he has, and ``Unavailable`` where there can be no trust for a subscriber that needs one.
        """
        self._authorization.check("subscription:create", context)
        terms = self._terms
        new = NewSubscription(
            terms.subscriber(subscriber), options=terms.options(options), ttl=terms.ttl(ttl), secret=new_secret()
        )
        terms.check(queue, new.subscriber, new.options)
        with Pledge(self._trusts, context) as pledge:
            made, is_new = self._store(queue, pledge.covering(new))
            pledge.settle(made)
        if made.is_confirmed:
            raise SubscriberTaken("This subscriber has a subscription already, and has confirmed it.")
        if is_new:
            self._news.tell_change(queue)
        self._ask(queue, made, new.ttl)
        return made.id

    def list(
        self, context: Context, queue: QueueKey, *, marker: str | None = None, limit: int | None = None
    ) -> Sequence[Subscription]:
        """Return subscriptions after ``marker``, in the order of their ids (http S-2, S-3)."""
        self._authorization.check("subscription:get_all", context)
        most = page_size(limit, most=self._limits.max_subscriptions_per_page)
        try:
            after = None if marker is None else parse_id(marker)
        except MalformedId:  # it is no place in the list
            return []
        return self._known.store_for(queue).subscriptions.list(queue, marker=after, limit=most)

    def get(self, context: Context, queue: QueueKey, subscription_id: str) -> Subscription:
        """Return a subscription (http S-17). Raises ``SubscriptionNotFound``."""
        self._authorization.check("subscription:get", context)
        return self._known.store_for(queue).subscriptions.get(queue, named(subscription_id))

    def update(
        self,
        context: Context,
        queue: QueueKey,
        subscription_id: str,
        *,
        subscriber: object = None,
        ttl: object = None,
        options: object = None,
    ) -> None:
        """Change what is given, not None; a new ttl begins now (http S-19 to S-26).

        Another subscriber has to confirm anew, where that is required (notifications N-65). Raises ``NothingToUpdate``,
        ``SubscriptionNotFound``, ``SubscriberTaken``.
        """
        self._authorization.check("subscription:update", context)
        terms, changes = self._terms, dict[str, object]()
        if subscriber is not None:
            changes["subscriber"] = terms.subscriber(subscriber)
        if options is not None:
            changes["options"] = terms.options(options)
        if ttl is not None:
            changes["ttl"] = terms.ttl(ttl)
        if not changes:
            raise NothingToUpdate(f"Nothing of the subscription {subscription_id[:100]} is given that could change.")

        def change(old: Subscription) -> Subscription:
            new = replaced(old, **changes)
            if subscriber is not None or options is not None:
                terms.check(queue, new.subscriber, new.options)
            new = pledge.covering(new, old=old, restarts=ttl is not None)
            if new.subscriber == old.subscriber:
                return new
            has_to_agree = self._confirmations.are_required_of(new.subscriber)
            is_confirmed = new.is_confirmed and not has_to_agree
            new = forgetting(replaced(new, is_confirmed=is_confirmed, has_left=False))
            return self._confirmations.asking(new, new.ttl)

        with Pledge(self._trusts, context) as pledge:
            old, new = self._change(queue, subscription_id, change, restarts=ttl is not None)
            pledge.settle(new, before=old)
        self._news.tell_change(queue)
        if new.subscriber != old.subscriber:
            self._confirmations.send(queue, new, "SubscriptionConfirmation")

    def delete(self, context: Context, queue: QueueKey, subscription_id: str) -> None:
        """Unsubscribe; silent when missing (http S-18)."""
        self._authorization.check("subscription:delete", context)
        subscriptions, wanted = self._known.store_for(queue).subscriptions, named(subscription_id)
        trusts = trust_in(subscriptions, queue, wanted) if self._trusts.are_made else ()
        subscriptions.delete(queue, wanted)
        self._news.tell_change(queue)
        self._trusts.delete(context, trusts)

    def confirm(self, context: Context, queue: QueueKey, subscription_id: str, confirmed: object) -> None:
        """Mark it confirmed, or not any more, of which the subscriber is told where it matters (http S-27 to S-34).

        Raises ``SubscriptionNotFound``; ``SignatureRefused`` where the caller has the signature of another confirmation; and
        ``Forbidden`` where only the subscriber can agree, and the caller has no signature.
        """
        self._authorization.check("subscription:confirm", context)
        if type(confirmed) is not bool:
            raise Invalid("The 'confirmed' should be boolean.")

        def change(old: Subscription) -> Subscription:
            if context.opening is not None:
                check_answer(context.opening, queue, old)
            elif confirmed and not old.is_confirmed and self._terms.answers_itself(old.subscriber):
                raise Forbidden(
                    "This subscriber has to agree, by the link that was sent to it: nobody else can confirm."
                )
            new = replaced(old, is_confirmed=confirmed, has_left=not confirmed)
            return new if confirmed else self._confirmations.asking(new, self._limits.default_subscription_ttl)

        try:
            _, new = self._change(queue, subscription_id, change)
        except SubscriptionNotFound as error:
            if context.is_signed:
                raise SignatureRefused("there is no such subscription") from error
            raise
        self._news.tell_change(queue)
        if not confirmed:
            self._confirmations.send(queue, new, "UnsubscribeConfirmation")

    def secret(self, context: Context, queue: QueueKey, subscription_id: str) -> Subscription:
        """Return the subscription to somebody who may see its secret. Raises ``SubscriptionNotFound``."""
        self._check_secret(context)
        shown = self._known.store_for(queue).subscriptions.get(queue, named(subscription_id))
        return shown if shown.former_secret_ends > self._now() else replaced(shown, former_secret=None)

    def rotate(self, context: Context, queue: QueueKey, subscription_id: str) -> Subscription:
        """Give it another secret, and return it; the one it had signs along for a day. Raises ``SubscriptionNotFound``."""
        self._check_secret(context)
        secret, ends = new_secret(), self._now() + FORMER_SECRET_SECONDS
        _, new = self._change(
            queue,
            subscription_id,
            lambda old: replaced(old, secret=secret, former_secret=old.secret, former_secret_ends=ends),
        )
        self._news.tell_change(queue)
        return new

    def _check_secret(self, context: Context) -> None:
        """Refuse whoever has no more than a signature: one that lets subscriptions be read must not let webhooks be forged."""
        self._authorization.check("subscription:update", context)
        if context.is_signed:
            raise SignatureRefused("no signature opens a secret")

    def _store(self, queue: QueueKey, new: NewSubscription) -> tuple[Subscription, bool]:
        store, token = self._known.store_for(queue), new_token()
        try:
            return store.subscriptions.create(queue, new, token=token)
        except QueueNotFound:
            self._known.create_lazily(queue)
            return store.subscriptions.create(queue, new, token=token)

    def _ask(self, queue: QueueKey, made: Subscription, seconds: int) -> None:
        """Ask the subscriber to confirm, where that is required; whoever unsubscribed meanwhile is not asked."""
        if self._confirmations.are_required_of(made.subscriber):
            with contextlib.suppress(SubscriptionNotFound):
                _, asked = self._change(queue, made.id, lambda old: self._confirmations.asking(old, seconds))
                self._confirmations.send(queue, asked, "SubscriptionConfirmation")

    def _change(
        self, queue: QueueKey, subscription_id: str, change: Change, *, restarts: bool = False
    ) -> tuple[Subscription, Subscription]:
        """Change what is there; return it as it was and as it is. Raises ``SubscriptionNotFound``, ``SubscriberTaken``."""
        subscriptions, wanted = self._known.store_for(queue).subscriptions, named(subscription_id)
        for _ in range(_ATTEMPTS):
            old = subscriptions.get(queue, wanted)
            new = change(old)
            if new == old and not restarts:
                return old, new
            try:
                subscriptions.replace(queue, old=old, new=new, restarts=restarts)
            except ChangedMeanwhile:
                continue
            return old, new
        raise Unavailable("The subscription is being changed by others.")
