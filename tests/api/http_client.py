"""The client over HTTP, in one process with the service.

What is peculiar to HTTP (headers, raw bytes, strange methods) is said through ``ask``, ``request`` and ``send``, which give
whole answers; ``http_reading`` makes outcomes of them.
"""

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from falcon import testing

from tests.api import http_reading
from tests.api.client import ABSENT, Client
from tests.api.http_answer import Answer
from tests.api.http_reading import outcome
from tests.api.outcomes import (
    Claim,
    Claimed,
    Created,
    Done,
    Messages,
    Metadata,
    Page,
    Posted,
    QueuePage,
    Refusal,
    Shown,
    Stats,
)
from zaqar.deploy import WSGIApplication

PATCH_TYPE = "application/openstack-messaging-v2.0-json-patch"


def _new_project() -> str:
    return f"project-{secrets.token_hex(6)}"


@dataclass(frozen=True)
class HttpClient(Client):
    """A caller over HTTP."""

    application: WSGIApplication
    project: str = field(default_factory=_new_project)
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    roles: str | None = None

    def colleague(self) -> "HttpClient":
        return HttpClient(self.application, self.project)

    def stranger(self) -> "HttpClient":
        return HttpClient(self.application)

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        return {
            "Client-ID": self.client_id,
            "X-Project-ID": self.project,
            **({"X-Roles": self.roles} if self.roles else {}),
        }

    def ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        document: Any = ABSENT,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask and return the answer; ``path`` is below ``/v2``."""
        body = b"" if document is ABSENT else json.dumps(document).encode()
        # Commas stay, as clients write lists with them.
        query = urlencode(parameters or {}, quote_via=quote, safe=",")
        return self.request(method, f"/v2{path}{'?' + query if query else ''}", body, **(headers or {}))

    def request(self, method: str, target: str, body: bytes = b"", **headers: str | None) -> Answer:
        """Ask for ``target`` as it is written; a header that is None is left out, ``_`` in names stands for ``-``."""
        merged: dict[str, str | None] = self.headers()
        merged.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.send(method, target, body, {name: value for name, value in merged.items() if value is not None})

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        environment: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Ask with these headers only; ``environment`` overrides what a server would hand to the application."""
        path, _, query = target.partition("?")
        environ = testing.create_environ(path, query, method=method, body=body, headers=dict(headers or {}))
        environ.update(environment or {})
        response = testing.StartResponseMock()
        chunks = self.application(environ, response)
        data = b"".join(chunks)
        return Answer(int(response.status[:3]), {name.lower(): value for name, value in response.headers}, data)

    def create_queue(self, name: str, metadata: Any = ABSENT) -> Created | Refusal:
        return outcome(self.ask("PUT", f"/queues/{name}", document=metadata), partial(http_reading.created, name))

    def show_queue(self, name: str) -> Metadata | Refusal:
        return outcome(self.ask("GET", f"/queues/{name}"), http_reading.metadata)

    def list_queues(self, **parameters: Any) -> QueuePage | Refusal:
        return outcome(self.ask("GET", "/queues", parameters), partial(http_reading.queue_page, self._follow))

    def update_queue(self, name: str, patch: Any) -> Metadata | Refusal:
        answer = self.ask("PATCH", f"/queues/{name}", document=patch, headers={"Content-Type": PATCH_TYPE})
        return outcome(answer, http_reading.metadata)

    def delete_queue(self, name: str) -> Done | Refusal:
        return outcome(self.ask("DELETE", f"/queues/{name}"), http_reading.done)

    def stats(self, name: str) -> Stats | Refusal:
        return outcome(self.ask("GET", f"/queues/{name}/stats"), partial(http_reading.stats, name))

    def purge(self, name: str, document: Any = ABSENT) -> Done | Refusal:
        return outcome(self.ask("POST", f"/queues/{name}/purge", document=document), http_reading.done)

    def post_document(self, queue: str, document: Any) -> Posted | Refusal:
        answer = self.ask("POST", f"/queues/{queue}/messages", document=document)
        return outcome(answer, partial(http_reading.posted, queue))

    def list(self, queue: str, **parameters: Any) -> Page | Refusal:
        answer = self.ask("GET", f"/queues/{queue}/messages", parameters)
        return outcome(answer, partial(http_reading.page, queue, self._follow))

    def get(self, queue: str, message_id: str, **parameters: Any) -> Shown | Refusal:
        answer = self.ask("GET", f"/queues/{queue}/messages/{message_id}", parameters)
        return outcome(answer, partial(http_reading.shown, queue))

    def get_many(self, queue: str, *ids: str) -> Messages | Refusal:
        answer = self.ask("GET", f"/queues/{queue}/messages", {"ids": ",".join(ids)})
        return outcome(answer, partial(http_reading.messages, queue))

    def delete(self, queue: str, message_id: str, **parameters: Any) -> Done | Refusal:
        return outcome(self.ask("DELETE", f"/queues/{queue}/messages/{message_id}", parameters), http_reading.done)

    def delete_many(self, queue: str, *ids: str, **parameters: Any) -> Done | Refusal:
        answer = self.ask("DELETE", f"/queues/{queue}/messages", {"ids": ",".join(ids), **parameters})
        return outcome(answer, http_reading.done)

    def pop(self, queue: str, number: Any, **parameters: Any) -> Messages | Refusal:
        answer = self.ask("DELETE", f"/queues/{queue}/messages", {"pop": number, **parameters})
        return outcome(answer, http_reading.popped)

    def claim(self, queue: str, document: Any = ABSENT, **parameters: Any) -> Claimed | Refusal:
        answer = self.ask("POST", f"/queues/{queue}/claims", parameters, document)
        return outcome(answer, partial(http_reading.claimed, queue))

    def show_claim(self, queue: str, claim_id: str) -> Claim | Refusal:
        answer = self.ask("GET", f"/queues/{queue}/claims/{claim_id}")
        return outcome(answer, partial(http_reading.claim, queue, claim_id))

    def renew(self, queue: str, claim_id: str, document: Any) -> Done | Refusal:
        answer = self.ask("PATCH", f"/queues/{queue}/claims/{claim_id}", document=document)
        return outcome(answer, http_reading.done)

    def release(self, queue: str, claim_id: str) -> Done | Refusal:
        return outcome(self.ask("DELETE", f"/queues/{queue}/claims/{claim_id}"), http_reading.done)

    def _follow(self, href: str) -> Answer:
        return self.request("GET", href)
