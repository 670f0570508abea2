"""Bodies of messages as the stores get them, where their queue wants them encrypted (notifications E-5 to E-14).

An encrypted body is one value: the byte 0x01, with which no JSON text begins; one byte with the length of the key's id, then the
id; a random nonce of 12 bytes; the ciphertext of the JSON text by AES-256-GCM, whose last 16 bytes authenticate it. Each project
has a key of its own, derived from the configured one, and its id is authenticated with the body: a body moves between the queues of a
project, and means nothing in another.
"""

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = b"\x01"
NONCE = 12
"""Bytes."""
_SEAL = 16
"""Bytes at the end that authenticate it."""
MOST_REMEMBERED = 10_000
"""Derived keys, one for each project; when there are more, all are forgotten."""

_SALT = b"zaqar message body"


class Key(NamedTuple):
    """What the operator configures: a name that is stored with each body, and a secret text that is not."""

    id: str
    """At most 64 ASCII characters."""
    secret: str


class Unreadable(Exception):
    """A body cannot be decrypted; the message names the key, and nothing of the body."""


class Cipher:
    """Encrypts bodies with the first of its keys and decrypts those of every key. For any number of threads."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._secrets = {key.id.encode(): key.secret.encode(errors="surrogateescape") for key in keys}
        self._newest = keys[0].id.encode() if keys else None
        self._derived: dict[tuple[bytes, str], AESGCM] = {}
        self._lock = threading.Lock()
        self._broken: tuple[type[Exception], ...] = (ValueError,)  # for a nonce that was cut off
        if keys:
            from cryptography.exceptions import InvalidTag

            self._broken += (InvalidTag,)
        for id_ in self._secrets:
            self._with(id_, "")  # loads the library before any request, and before processes are forked

    @property
    def can_encrypt(self) -> bool:
        """Whether there is a key."""
        return self._newest is not None

    def encrypt(self, project: str, bodies: Sequence[bytes]) -> list[bytes]:
        """Return what is stored of a project's bodies. Raises ``Unreadable`` where there is no key."""
        if self._newest is None:
            raise Unreadable("no key is configured")
        encrypt = self._with(self._newest, project).encrypt
        head = MARK + bytes((len(self._newest),)) + self._newest
        associated = _encoded(project)
        # One system call for all: each gives up the interpreter's lock.
        random = os.urandom(NONCE * len(bodies))
        nonces = [random[start : start + NONCE] for start in range(0, len(random), NONCE)]
        return [head + nonce + encrypt(nonce, body, associated) for nonce, body in zip(nonces, bodies, strict=True)]

    def decrypt(self, project: str, stored: Sequence[bytes]) -> list[bytes]:
        """Return the bodies of a project's messages; one that does not begin with ``MARK`` is as it was posted.

        Raises ``Unreadable``.
        """
        associated = _encoded(project)
        head = _head(stored[0]) if stored else MARK
        if head.startswith(MARK) and all([one.startswith(head) for one in stored]):  # noqa: C419  # a generator costs more
            return self._opened(stored, project, associated)
        return [self._opened([one], project, associated)[0] if one.startswith(MARK) else one for one in stored]

    def _opened(self, stored: Sequence[bytes], project: str, associated: bytes) -> list[bytes]:
        """Decrypt what one key has encrypted."""
        if not stored:
            return []
        head = _head(stored[0])
        if head[2:] not in self._secrets:
            raise Unreadable(f"the key {_shown(head[2:])} is not configured")
        decrypt = self._with(head[2:], project).decrypt
        nonce, rest = slice(len(head), len(head) + NONCE), slice(len(head) + NONCE, None)
        try:
            # In a loop with anything else in it, twenty bodies would take a quarter more.
            return [decrypt(one[nonce], one[rest], associated) for one in stored]
        except self._broken as error:
            raise Unreadable(f"the key {_shown(head[2:])} is another than it was, or the body is damaged") from error

    def _with(self, id_: bytes, project: str) -> "AESGCM":
        found = self._derived.get((id_, project))
        if found is None:
            found = _derive(self._secrets[id_], project)
            with self._lock:
                if len(self._derived) >= MOST_REMEMBERED:
                    self._derived.clear()
                self._derived[id_, project] = found
        return found


def plain_size(stored: bytes) -> int:
    """Return how many bytes a body has that is stored like this, encrypted or not."""
    return len(stored) - (len(_head(stored)) + NONCE + _SEAL if stored.startswith(MARK) else 0)


def _derive(secret: bytes, project: str) -> "AESGCM":
    # It takes a tenth of a second and more to load, so only a service that has keys does.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(SHA256(), length=32, salt=_SALT, info=_encoded(project)).derive(secret))


def _head(stored: bytes) -> bytes:
    """Return with what an encrypted body begins, up to the nonce."""
    return stored[: 2 + stored[1]] if len(stored) > 1 else stored


def _encoded(project: str) -> bytes:
    return project.encode(errors="surrogatepass")


def _shown(id_: bytes) -> str:
    """Return the id for a log; a damaged one is any bytes."""
    return ascii(id_[:64].decode(errors="replace"))
