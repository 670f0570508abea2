"""The management store on Redis: queues and topics with their metadata."""
