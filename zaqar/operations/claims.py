"""Claims: create, show, renew, release."""

from zaqar.context import Context
from zaqar.errors import QueueNotFound, Unavailable
from zaqar.limits import DEFAULT_CLAIM, MIN_CLAIM_GRACE, MIN_CLAIM_TTL, Limits, check_range, page_size
from zaqar.models import Claim, QueueKey
from zaqar.operations.authorization import Authorization
from zaqar.operations.bodies import Bodies
from zaqar.operations.settings import KnownQueues
from zaqar.storage.ids import named


class Claims:
    """The verbs of a claim. ``ttl`` and ``grace`` in seconds; None takes the service's default."""

    def __init__(self, *, known: KnownQueues, authorization: Authorization, limits: Limits, bodies: Bodies) -> None:
        self._known = known
        self._bodies = bodies
        self._authorization = authorization
        self._limits = limits

    def create(
        self, context: Context, queue: QueueKey, *, ttl: int | None, grace: int | None, limit: int | None
    ) -> Claim:
        """Claim messages; a claim without messages means that there were none (http C-1 to C-10)."""
        self._authorization.check("claims:create", context)
        most = self._limits.max_messages_per_claim_or_pop
        number = page_size(limit, most=most, default=DEFAULT_CLAIM)
        ttl, grace = self._checked(ttl, grace)
        settings = self._known.settings(queue)
        dead_letter = settings.dead_letter
        store = self._known.store_for(queue)
        self._bodies.check_next(queue, store, number=number, is_encrypted=settings.is_encrypted)
        try:
            claim = store.claims.create(queue, ttl=ttl, grace=grace, limit=number, dead_letter=dead_letter)
        except QueueNotFound as missing:
            self._known.create_lazily(missing.queue)
            claim = store.claims.create(queue, ttl=ttl, grace=grace, limit=number, dead_letter=dead_letter)
        try:
            return self._shown(queue, claim)
        except Unavailable:  # nobody will learn of the claim
            store.claims.release(queue, named(claim.id))
            raise

    def get(self, context: Context, queue: QueueKey, claim_id: str) -> Claim:
        """Return a live claim (http C-12). Raises ``ClaimNotFound``."""
        self._authorization.check("claims:get", context)
        return self._shown(queue, self._known.store_for(queue).claims.get(queue, named(claim_id)))

    def renew(self, context: Context, queue: QueueKey, claim_id: str, *, ttl: int | None, grace: int | None) -> None:
        """Start a live claim's lifetime anew (http C-15 to C-18). Raises ``ClaimNotFound``."""
        self._authorization.check("claims:update", context)
        ttl, grace = self._checked(ttl, grace)
        self._known.store_for(queue).claims.renew(queue, named(claim_id), ttl=ttl, grace=grace)

    def release(self, context: Context, queue: QueueKey, claim_id: str) -> None:
        """Make the messages available at once; silent when there is no such claim (http C-19)."""
        self._authorization.check("claims:delete", context)
        self._known.store_for(queue).claims.release(queue, named(claim_id))

    def _shown(self, queue: QueueKey, claim: Claim) -> Claim:
        return Claim(claim.id, claim.ttl, claim.age, self._bodies.shown(queue, claim.messages))

    def _checked(self, ttl: int | None, grace: int | None) -> tuple[int, int]:
        limits = self._limits
        ttl = limits.default_claim_ttl if ttl is None else ttl
        grace = limits.default_claim_grace if grace is None else grace
        check_range("ttl", ttl, least=MIN_CLAIM_TTL, most=limits.max_claim_ttl)
        check_range("grace", grace, least=MIN_CLAIM_GRACE, most=limits.max_claim_grace)
        return ttl, grace
