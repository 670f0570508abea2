"""The scripts of the message store: which keys each is given, and which preludes come before it.

Arguments and answers stand at the head of each file.
"""

from zaqar.storage.redis.key_lists import AgendaKeys, OutboxKeys, PostingKeys, QueueKeys, RedeliveryKeys, SourceKeys
from zaqar.storage.redis.server.script import Script

_VARIADIC, _NOTING, _TAKING = "shared/variadic", "shared/noting", "shared/taking"
_STATES = (_VARIADIC, "shared/states")
_HOLDINGS = (*_STATES, "shared/holdings")
_DUE = (*_HOLDINGS, "shared/due")
_LEAVING, _REDRIVES, _NOTICING = "shared/leaving", "shared/redrives", "shared/noticing"
_OUTBOX, _LEASING, _ENDING = "shared/outbox", "shared/leasing", "shared/ending"

CREATE_RECORD = Script("records/create", OutboxKeys, _OUTBOX)
DELETE_RECORD = Script("records/delete", QueueKeys)
PURGE = Script("records/purge", QueueKeys)
STATISTICS = Script("records/statistics", QueueKeys, *_DUE)

POST = Script("messages/post", PostingKeys, _NOTING, _NOTICING)
SILENT = "silent"
"""What the posting script is given last where nobody is to be told."""
LIST = Script("messages/list", QueueKeys, *_DUE)
GET = Script("messages/get", QueueKeys, *_STATES)
DETAILS = Script("messages/details", QueueKeys, *_STATES)
DELETE = Script("messages/delete", QueueKeys, *_STATES)
DELETE_MANY = Script("messages/delete_many", QueueKeys, *_STATES)
POP = Script("messages/pop", QueueKeys, *_DUE)

CREATE_CLAIM = Script("claims/create", QueueKeys, *_DUE, _TAKING, _NOTING)
GET_CLAIM = Script("claims/get", QueueKeys, *_HOLDINGS)
RENEW = Script("claims/renew", QueueKeys, *_HOLDINGS)
RELEASE = Script("claims/release", QueueKeys, *_HOLDINGS)
CLAIM_PAST = Script("dead_letters/claim_past", QueueKeys, *_DUE, _TAKING, _NOTING, _LEAVING)

CREATE_REDRIVE = Script("redrives/create", QueueKeys, _REDRIVES)
CANCEL_REDRIVE = Script("redrives/cancel", QueueKeys)
LOOK = Script("redrives/look", QueueKeys, *_DUE, _REDRIVES)
MOVE = Script("redrives/move", QueueKeys, *_STATES, _LEAVING, _REDRIVES)
REDELIVER = Script("redrives/redeliver", RedeliveryKeys, _NOTICING)
PUT_BACK = Script("redrives/put_back", QueueKeys)

CREATE_SUBSCRIPTION = Script("subscriptions/create", OutboxKeys, _OUTBOX)
LIST_SUBSCRIPTIONS = Script("subscriptions/list", OutboxKeys, _OUTBOX)
GET_SUBSCRIPTION = Script("subscriptions/get", OutboxKeys, _OUTBOX)
REPLACE_SUBSCRIPTION = Script("subscriptions/replace", OutboxKeys, _OUTBOX)
DELETE_SUBSCRIPTION = Script("subscriptions/delete", OutboxKeys, _OUTBOX)
DELETE_SUBSCRIPTIONS = Script("subscriptions/delete_all", OutboxKeys)

LEASE = Script("deliveries/lease", OutboxKeys, _VARIADIC, _OUTBOX, _LEASING, _ENDING)
NOTICES = Script("deliveries/notices", OutboxKeys)
SAVE = Script("deliveries/save", OutboxKeys, _OUTBOX, _LEASING)
ADDRESS = Script("deliveries/address", OutboxKeys, _OUTBOX)
STANDING = Script("deliveries/standing", OutboxKeys, _OUTBOX)
HURRY = Script("deliveries/hurry", OutboxKeys, _OUTBOX, _LEASING)
NOTE_SOURCES = Script("sources/note", SourceKeys)

NOTE = Script("agenda/note", AgendaKeys)
TAKE = Script("agenda/take", AgendaKeys)
VISIT = Script("sweep/visit", QueueKeys, *_DUE)
VISIT_OUTBOX = Script("sweep/outbox", OutboxKeys, _OUTBOX, _ENDING)
