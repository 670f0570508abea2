"""``/v2/queues/{queue_name}/claims`` and below."""

import falcon
from falcon import Request, Response

from zaqar.limits import Limits
from zaqar.models import QueueKey
from zaqar.operations.claims import Claims
from zaqar.transport import documents, paths
from zaqar.transport.wsgi import body, parameters
from zaqar.transport.wsgi.middleware import caller


class ClaimCollection:
    """Claims on a queue."""

    def __init__(self, claims: Claims, limits: Limits) -> None:
        self._claims = claims
        self._limits = limits

    def on_post(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Claim messages (http C-1 to C-11)."""
        limit = parameters.integer(req, "limit")
        data = body.read(req, most=self._limits.max_messages_post_size)
        ttl, grace = documents.decode_claim_terms(data) if data else (None, None)
        claim = self._claims.create(caller(req), queue, ttl=ttl, grace=grace, limit=limit)
        if not claim.messages:
            resp.status = falcon.HTTP_204
            return
        resp.status = falcon.HTTP_201
        resp.set_header("Location", paths.claim(queue, claim.id))
        resp.data = documents.messages(paths.messages(queue), claim.messages)


class ClaimItem:
    """One claim."""

    def __init__(self, claims: Claims, limits: Limits) -> None:
        self._claims = claims
        self._limits = limits

    def on_get(self, req: Request, resp: Response, queue: QueueKey, claim_id: str) -> None:
        """Show it (http C-12 to C-14)."""
        claim = self._claims.get(caller(req), queue, claim_id)
        resp.data = documents.claim(paths.messages(queue), paths.claim(queue, claim.id), claim)

    def on_patch(self, req: Request, resp: Response, queue: QueueKey, claim_id: str) -> None:
        """Renew it (http C-15 to C-18)."""
        data = body.read(req, most=self._limits.max_messages_post_size)
        ttl, grace = documents.decode_claim_terms(data)
        self._claims.renew(caller(req), queue, claim_id, ttl=ttl, grace=grace)
        resp.status = falcon.HTTP_204

    def on_delete(self, req: Request, resp: Response, queue: QueueKey, claim_id: str) -> None:
        """Release it (http C-19)."""
        self._claims.release(caller(req), queue, claim_id)
        resp.status = falcon.HTTP_204
