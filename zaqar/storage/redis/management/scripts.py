"""The scripts of the management store; each begins with its arguments and what it returns."""

from zaqar.storage.redis.server.script import Script

CREATE = Script("queues/create")
GET = Script("queues/get")
REPLACE_METADATA = Script("queues/replace_metadata")
DELETE = Script("queues/delete")
LIST = Script("queues/list", "shared/variadic")
