"""The message store: queues' records, messages, claims, subscriptions and outboxes, a transaction a step."""
