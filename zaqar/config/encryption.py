"""The options of ``[transport]`` that are about the encryption of message bodies."""

import re
from collections import Counter

from oslo_config import cfg, types

from zaqar.encryption import Cipher, Key
from zaqar.errors import ConfigurationError

NO_KEY = "AES256"
"""What the key once was by default, elsewhere: everybody knows it."""
DEFAULT_ID = "default"
SHORTEST_KEY = 16
"""Characters, below which somebody who has the data could try all keys."""

OPTIONS = [
    cfg.StrOpt(
        "message_encryption_algorithms",
        default="AES256",
        choices=[("AES256", "AES-256-GCM"), ("RSA", "not supported, refused at start-up")],
        help="Cipher of the bodies of messages in queues whose metadata has _enable_encrypt_messages.",
    ),
    cfg.StrOpt(
        "message_encryption_key",
        secret=True,
        help="Key of message bodies, with the id 'default': a long random text, such as `openssl rand -hex 32` gives. "
        "There is no default, and 'AES256' is none: a well-known key protects nothing. Without a key, encryption "
        "cannot be switched on for a queue.",
    ),
    cfg.ListOpt(
        "message_encryption_keys",
        item_type=types.String(quotes=True),
        default=[],
        secret=True,
        help="Keys of message bodies with their ids, as in '2027:SECRET, 2026:SECRET'. The first encrypts, and each "
        "decrypts what names it, as does message_encryption_key. Keep a key until no message needs it any more. An id is 1 "
        "to 64 of the characters A-Z a-z 0-9 _ - . and is stored with each message.",
    ),
]

_ENTRY = re.compile(r"([A-Za-z0-9_.\-]{1,64}):(.+)\Z", re.DOTALL)


def cipher(conf: cfg.ConfigOpts) -> Cipher:
    """Return the cipher, with the configured keys, that encrypts and decrypts message bodies."""
    return Cipher(_keys(conf))


def check_keys(conf: cfg.ConfigOpts) -> None:
    """Refuse keys that are none, and a cipher that there is not."""
    if conf.transport.message_encryption_algorithms == "RSA":
        raise ConfigurationError(
            "[transport] message_encryption_algorithms = RSA is not supported: set it to AES256, or leave it out."
        )
    for number, entry in enumerate(conf.transport.message_encryption_keys, start=1):
        found = _ENTRY.match(entry)
        if not found or found[2] == NO_KEY:
            raise ConfigurationError(f"[transport] message_encryption_keys: number {number} is not of the form id:key.")
    twice = [id_ for id_, times in Counter(key.id for key in _keys(conf)).items() if times > 1]
    if twice:
        raise ConfigurationError(
            f"[transport] message_encryption_keys names {twice[0]} more than once; message_encryption_key is {DEFAULT_ID}."
        )


def warnings(conf: cfg.ConfigOpts) -> list[str]:
    """Say of keys that they protect nothing, or little."""
    lines = []
    if conf.transport.message_encryption_key == NO_KEY:
        lines.append(f"[transport] message_encryption_key = {NO_KEY} is no key, and has no effect.")
    short = [key.id for key in _keys(conf) if len(key.secret) < SHORTEST_KEY]
    if short:
        lines.append(
            f"The key {', '.join(short)} of message bodies has fewer than {SHORTEST_KEY} characters: who has the data can "
            "guess it."
        )
    return lines


def _keys(conf: cfg.ConfigOpts) -> list[Key]:
    """Return the keys, the one that encrypts first."""
    entries = [_ENTRY.match(entry) for entry in conf.transport.message_encryption_keys]
    keys = [Key(found[1], found[2]) for found in entries if found]
    single = conf.transport.message_encryption_key
    return [*keys, Key(DEFAULT_ID, single)] if single and single != NO_KEY else keys
