"""Links in mails that ask somebody to confirm, and what the page does that they lead to (notifications N-57, N-62)."""

import json
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping

_HEADERS = {
    "URL-Signature": "Signature",
    "URL-Methods": "Methods",
    "URL-Paths": "Paths",
    "URL-Expires": "Expires",
    "X-Project-ID": "Project",
}


def read(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the address of the page that a mail's text ends with, and what it is handed, in order."""
    page, _, query = text.partition("below: ")[2].strip().partition("?")
    return page, urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True)


def answer(url: str, values: Mapping[str, str], *, confirmed: bool) -> None:
    """Tell the service at an address what the subscriber wants."""
    own = {"Client-ID": str(uuid.uuid4()), "Content-Type": "application/json"}
    headers = {header: values[name] for header, name in _HEADERS.items()} | own
    body = json.dumps({"confirmed": confirmed}).encode()
    request = urllib.request.Request(f"{url}{values['Paths']}", body, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answered:
        assert answered.status == 204
