"""A multi-tenant messaging service: queues, messages and claims over HTTP."""
