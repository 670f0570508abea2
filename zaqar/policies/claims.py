"""Claims."""

from zaqar.policies.rules import EVERYONE, rule

RULES = (
    rule("claims:create", EVERYONE, "Claim messages.", "POST /v2/queues/{queue_name}/claims"),
    rule("claims:get", EVERYONE, "Show a claim with its messages.", "GET /v2/queues/{queue_name}/claims/{claim_id}"),
    rule("claims:update", EVERYONE, "Renew a claim.", "PATCH /v2/queues/{queue_name}/claims/{claim_id}"),
    rule("claims:delete", EVERYONE, "Release a claim.", "DELETE /v2/queues/{queue_name}/claims/{claim_id}"),
)
