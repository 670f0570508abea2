"""The scripts of the message store; each begins with its arguments and what it returns."""

from zaqar.storage.redis.server.script import Script

_KEYS, _VARIADIC, _NOTING, _TAKING = "shared/keys", "shared/variadic", "shared/noting", "shared/taking"
_STATES = (_KEYS, _VARIADIC, "shared/states")
_HOLDINGS = (*_STATES, "shared/holdings")
_DUE = (*_HOLDINGS, "shared/due")

CREATE_RECORD = Script("records/create", _KEYS)
DELETE_RECORD = Script("records/delete", _KEYS)
STATISTICS = Script("records/statistics", *_DUE)

POST = Script("messages/post", _KEYS, _NOTING)
LIST = Script("messages/list", *_DUE)
GET = Script("messages/get", *_STATES)
DELETE = Script("messages/delete", *_STATES)
DELETE_MANY = Script("messages/delete_many", *_STATES)
POP = Script("messages/pop", *_DUE)

CREATE_CLAIM = Script("claims/create", *_DUE, _TAKING, _NOTING)
GET_CLAIM = Script("claims/get", *_HOLDINGS)
RENEW = Script("claims/renew", *_HOLDINGS)
RELEASE = Script("claims/release", *_HOLDINGS)
CLAIM_PAST = Script("dead_letters/claim_past", *_DUE, _TAKING, _NOTING)

NOTE = Script("agenda/note")
TAKE = Script("agenda/take")
VISIT = Script("sweep/visit", *_DUE)
