"""The scripts of the management store: which keys each is given, and which preludes come before it.

Arguments and answers stand at the head of each file.
"""

from zaqar.storage.redis.key_lists import DirectoryKeys
from zaqar.storage.redis.server.script import Script

CREATE = Script("queues/create", DirectoryKeys)
GET = Script("queues/get", DirectoryKeys)
REPLACE_METADATA = Script("queues/replace_metadata", DirectoryKeys)
DELETE = Script("queues/delete", DirectoryKeys)
LIST = Script("queues/list", DirectoryKeys, "shared/variadic")
