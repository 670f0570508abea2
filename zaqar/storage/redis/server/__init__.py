"""What reaches a Redis, and knows nothing of messages: addresses, connections, calls, failures, checks at the start."""
