"""Telling subscribers of what was posted: the outbox is read here, and what it has is delivered."""
