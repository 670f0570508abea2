"""The link in a mail that asks a subscriber: it leads to a page, and carries what is to be confirmed (notifications N-62)."""

import urllib.parse

from zaqar.notification.confirmation import Asked


def link(page: str, asked: Asked) -> str:
    """Return the address of a page with what a subscriber is asked as its query."""
    values = {
        "Signature": asked.signature,
        "Methods": asked.methods,
        "Paths": asked.paths,
        "Project": asked.project,
        "Expires": asked.expires,
        "Url": asked.wsgi_url or "",
        "Queue": asked.queue_name,
    }
    query = urllib.parse.urlencode(values, quote_via=urllib.parse.quote, safe="", errors="replace")
    return f"{page}{'&' if '?' in page else '?'}{query}"
