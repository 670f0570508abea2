"""The way to a MongoDB: where it is, how it is spoken to, and what its failures mean. Knows nothing of messages and queues."""
