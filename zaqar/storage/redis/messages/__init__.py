"""The message store on Redis: records, messages and claims of queues, and what settles and sweeps them."""
