"""Signed URLs as their holders use them."""

import json
from collections.abc import Mapping
from typing import Any

from tests.api.client import ABSENT
from tests.api.http_answer import Answer
from tests.api.http_client import HttpClient

KEY = "[signed_url]\nsecret_key = a-key-that-only-these-tests-know\n"


def share(client: HttpClient, queue: str = "q", **document: Any) -> dict[str, Any]:
    """Sign, and return what a holder is given."""
    answer = client.ask("POST", f"/queues/{queue}/share", document=document)
    assert answer.status == 200, answer
    return dict(answer.body)


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
