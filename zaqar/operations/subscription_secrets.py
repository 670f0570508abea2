"""What signs webhooks (notifications A3)."""

import base64
import secrets

_BYTES = 24


def new_secret() -> str:
    """Return a secret of the form that libraries of Standard Webhooks take."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_BYTES)).decode()}"
