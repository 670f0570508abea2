"""The message store: messages, claims, and the record of each queue."""
