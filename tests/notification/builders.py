"""Subscriptions and notices that tests need."""

import base64

from zaqar.models import NoticedMessage, Subscription
from zaqar.storage import ids

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, no").decode()
FORMER = "whsec_" + base64.b64encode(b"the one before it, also 32 bytes").decode()


def subscription(subscriber="http://receiver.example/hook", **changes):
    """Return a subscription with every detail filled in."""
    known = {
        "id": ids.format_id(1_800_000_000_000_000, ids.new_token()),
        "subscriber": subscriber,
        "ttl": 3600,
        "age": 0,
        "options": {},
        "secret": SECRET,
        "version": 1,
    }
    return Subscription(**known | changes)


def noticed(body=b'{"event": "backup"}', *, ttl=3600, delay=0):
    """Return a message as a notice has it."""
    return NoticedMessage(body=body, ttl=ttl, delay=delay)
