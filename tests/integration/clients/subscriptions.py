"""A subscriber that the clients' tests name."""

HOOK = "http://example.com/hook"
