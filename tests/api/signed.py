"""Signed URLs as their holders use them."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.api.client import ABSENT
from tests.api.http_answer import Answer
from tests.api.http_client import HttpClient

SECRET = "a-key-that-only-these-tests-know"
KEY = f"[signed_url]\nsecret_key = {SECRET}\n"


def share(client: HttpClient, queue: str = "q", **document: Any) -> dict[str, Any]:
    """Sign, and return what a holder is given."""
    answer = client.ask("POST", f"/queues/{queue}/share", document=document)
    assert answer.status == 200, answer
    return dict(answer.body)


def made_by_hand(
    *paths: str, methods: Sequence[str], project: str, expires: str = "2099-12-31T00:00:00", secret: str = SECRET
) -> dict[str, Any]:
    """Return what whoever knows the key could hand out, also what the service would not sign (http U-8, U-9)."""
    text = "\\n".join((",".join(sorted(paths)), ",".join(sorted(methods)), project, expires))
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"paths": paths, "methods": methods, "project": project, "expires": expires, "signature": signature}


def headers(signed: Mapping[str, Any], **others: str | None) -> dict[str, str]:
    """Return the headers that a holder sends; a header that is None is left out, ``_`` in names stands for ``-``."""
    sent: dict[str, str | None] = {
        "Client-ID": "3381af92-2b9e-11e3-b191-71861300734c",
        "X-Project-ID": signed["project"],
        "URL-Signature": signed["signature"],
        "URL-Expires": signed["expires"],
        "URL-Methods": ",".join(signed["methods"]),
        "URL-Paths": ",".join(signed["paths"]),
    }
    sent.update({name.replace("_", "-"): value for name, value in others.items()})
    return {name: value for name, value in sent.items() if value is not None}


def ask(
    client: HttpClient,
    signed: Mapping[str, Any],
    method: str,
    target: str,
    document: Any = ABSENT,
    environment: Mapping[str, Any] | None = None,
    **others: str | None,
) -> Answer:
    """Ask as a holder does, who has nothing but the signature."""
    body = b"" if document is ABSENT else json.dumps(document).encode()
    return client.send(method, target, body, headers(signed, **others), environment)
