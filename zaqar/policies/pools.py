"""Pools: for administrators only."""

from zaqar.policies.rules import ADMINISTRATORS, rule

RULES = (
    rule("pools:get_all", ADMINISTRATORS, "List pools.", "GET /v2/pools"),
    rule("pools:create", ADMINISTRATORS, "Create or replace a pool.", "PUT /v2/pools/{pool_name}"),
    rule("pools:get", ADMINISTRATORS, "Show a pool.", "GET /v2/pools/{pool_name}"),
    rule("pools:update", ADMINISTRATORS, "Change a pool.", "PATCH /v2/pools/{pool_name}"),
    rule("pools:delete", ADMINISTRATORS, "Delete a pool.", "DELETE /v2/pools/{pool_name}"),
)
