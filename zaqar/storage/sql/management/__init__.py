"""The management store: queues and topics with their metadata."""
