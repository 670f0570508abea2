"""The scripts of the message store: which keys each is given, and which preludes come before it.

Arguments and answers stand at the head of each file.
"""

from zaqar.storage.redis.keys import AgendaKeys, PostingKeys, QueueKeys
from zaqar.storage.redis.server.script import Script

_VARIADIC, _NOTING, _TAKING = "shared/variadic", "shared/noting", "shared/taking"
_STATES = (_VARIADIC, "shared/states")
_HOLDINGS = (*_STATES, "shared/holdings")
_DUE = (*_HOLDINGS, "shared/due")

CREATE_RECORD = Script("records/create", QueueKeys)
DELETE_RECORD = Script("records/delete", QueueKeys)
STATISTICS = Script("records/statistics", QueueKeys, *_DUE)

POST = Script("messages/post", PostingKeys, _NOTING)
LIST = Script("messages/list", QueueKeys, *_DUE)
GET = Script("messages/get", QueueKeys, *_STATES)
DELETE = Script("messages/delete", QueueKeys, *_STATES)
DELETE_MANY = Script("messages/delete_many", QueueKeys, *_STATES)
POP = Script("messages/pop", QueueKeys, *_DUE)

CREATE_CLAIM = Script("claims/create", QueueKeys, *_DUE, _TAKING, _NOTING)
GET_CLAIM = Script("claims/get", QueueKeys, *_HOLDINGS)
RENEW = Script("claims/renew", QueueKeys, *_HOLDINGS)
RELEASE = Script("claims/release", QueueKeys, *_HOLDINGS)
CLAIM_PAST = Script("dead_letters/claim_past", QueueKeys, *_DUE, _TAKING, _NOTING)

NOTE = Script("agenda/note", AgendaKeys)
TAKE = Script("agenda/take", AgendaKeys)
VISIT = Script("sweep/visit", QueueKeys, *_DUE)
