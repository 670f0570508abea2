"""The message store: queues' records, messages and claims, a transaction a step."""
