"""Ping, and the health report for administrators."""

from zaqar.policies.rules import ADMINISTRATORS, EVERYONE, rule

RULES = (
    rule("ping:get", EVERYONE, "Ask whether the service answers.", "GET /v2/ping", "HEAD /v2/ping"),
    rule("health:get", ADMINISTRATORS, "Show the health of the stores.", "GET /v2/health"),
)
