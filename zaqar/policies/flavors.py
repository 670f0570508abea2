"""Flavors: read by everyone, written by administrators."""

from zaqar.policies.rules import ADMINISTRATORS, EVERYONE, rule

RULES = (
    rule("flavors:get_all", EVERYONE, "List flavors.", "GET /v2/flavors"),
    rule("flavors:create", ADMINISTRATORS, "Create or replace a flavor.", "PUT /v2/flavors/{flavor_name}"),
    rule("flavors:get", EVERYONE, "Show a flavor.", "GET /v2/flavors/{flavor_name}"),
    rule("flavors:update", ADMINISTRATORS, "Change a flavor.", "PATCH /v2/flavors/{flavor_name}"),
    rule("flavors:delete", ADMINISTRATORS, "Delete a flavor.", "DELETE /v2/flavors/{flavor_name}"),
)
