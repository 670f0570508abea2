"""Queues as words: what a networked store has in its keys for them, whatever characters projects and names have."""

from urllib.parse import quote, unquote

from zaqar.models import Kind, QueueKey


def word_of(text: str) -> str:
    """Return a text percent-encoded: nothing in it can end the word, or be taken for what stands around it."""
    return quote(text, safe="")


def path_of(queue: QueueKey) -> str:
    """Return ``PROJECT/NAME``, both percent-encoded."""
    return f"{word_of(queue.project)}/{word_of(queue.name)}"


def queue_at(path: str, kind: Kind) -> QueueKey:
    """Return the queue of a kind that has this path."""
    project, _, name = path.partition("/")
    return QueueKey(unquote(project), unquote(name), kind)
