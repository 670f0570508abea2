"""A Lua script: one atomic step, put together from its own file and the preludes that it needs."""

import hashlib
from importlib.resources import files
from typing import Generic, NamedTuple, TypeVar

Keys = TypeVar("Keys", bound=NamedTuple)
"""A list of keys: a script that was made for one can be called with no other."""

_FOLDER = files("zaqar.storage.redis") / "scripts"


class Script(Generic[Keys]):
    """A script as the server knows it: by the hash of its text.

    It is given ``keys``, which it calls by their names: those come first, and nothing else in it says ``KEYS``. ``name`` and
    ``preludes`` are files in ``scripts/``, without their ending.
    """

    def __init__(self, name: str, keys: type[Keys], *preludes: str) -> None:
        self.name = name
        self.keys = keys
        named = f"local call = redis.call\nlocal {', '.join(keys._fields)} = unpack(KEYS)\n"
        parts = ((_FOLDER / f"{part}.lua").read_text("utf-8") for part in (*preludes, name))
        self.text = "\n".join((named, *parts)).encode()
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest().encode()
