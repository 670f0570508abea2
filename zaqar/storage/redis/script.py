"""The Lua scripts: each is one atomic step, put together from its own file and the preludes it needs."""

import hashlib
from importlib.resources import files

_FOLDER = files("zaqar.storage.redis") / "scripts"
_SETTLING = ("keys", "parts", "state", "claim_state", "settle")
_CLAIMING = (*_SETTLING, "taking", "noting")


class Script:
    """A script as the server knows it: by the hash of its text."""

    def __init__(self, name: str, *preludes: str) -> None:
        self.name = name
        self.text = "\n".join((_FOLDER / f"{part}.lua").read_text("utf-8") for part in (*preludes, name)).encode()
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest().encode()


CREATE_RECORD = Script("create_record", "keys")
DROP_RECORD = Script("drop_record", "keys")
POST = Script("post", "keys", "noting")
LIST = Script("list", *_SETTLING)
GET = Script("get", "keys", "parts", "state")
DELETE = Script("delete", "keys", "parts", "state")
DELETE_MANY = Script("delete_many", "keys", "parts", "state")
POP = Script("pop", *_SETTLING)
CLAIM = Script("claim", *_CLAIMING)
CLAIM_PAST = Script("claim_past", *_CLAIMING)
GET_CLAIM = Script("get_claim", "keys", "parts", "state", "claim_state")
RENEW = Script("renew", "keys", "parts", "state", "claim_state")
RELEASE = Script("release", "keys", "parts", "state", "claim_state")
STATS = Script("stats", *_SETTLING)
SWEEP = Script("sweep", *_SETTLING)

NOTE = Script("note")
TAKE_DUE = Script("take_due")

CREATE_QUEUE = Script("create_queue")
GET_QUEUE = Script("get_queue")
REPLACE_METADATA = Script("replace_metadata")
DELETE_QUEUE = Script("delete_queue")
LIST_QUEUES = Script("list_queues", "parts")
