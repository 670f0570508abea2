"""A Lua script: one atomic step, put together from its own file and the preludes that it needs."""

import hashlib
from importlib.resources import files

_FOLDER = files("zaqar.storage.redis") / "scripts"


class Script:
    """A script as the server knows it: by the hash of its text.

    ``name`` and ``preludes`` are files in ``scripts/``, without their ending.
    """

    def __init__(self, name: str, *preludes: str) -> None:
        self.name = name
        self.text = "\n".join((_FOLDER / f"{part}.lua").read_text("utf-8") for part in (*preludes, name)).encode()
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest().encode()
