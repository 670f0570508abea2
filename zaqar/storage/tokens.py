"""Tokens of posts: how one follows from what is posted, and how long they are remembered."""

import hashlib

from zaqar.storage.ids import TOKEN_DIGITS

LEAST_MEMORY = 30
"""Seconds for which a networked store remembers the token of a post, at least."""


def derived(source: bytes) -> str:
    """Return the token of a post that whoever repeats it, in whatever process, has to come by again."""
    return hashlib.sha256(source).hexdigest()[:TOKEN_DIGITS]


def memory(patience: float) -> int:
    """Return for how many seconds the token of a post is remembered that is repeated for ``patience`` seconds.

    Twice as long: the first attempt may reach the server after the last.
    """
    return max(int(2 * patience), LEAST_MEMORY)
