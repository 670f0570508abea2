"""One small client: verbs and nouns in, status, headers and body out.

A conversation speaks to ``Client`` only, so that it can run over any transport. What is peculiar to HTTP (headers, raw
bytes, strange methods) is said through ``HttpClient.request`` and ``HttpClient.send``.
"""

import abc
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from falcon import testing

from zaqar.deploy import WSGIApplication

ABSENT: Any = object()
"""A document that is not sent at all."""

PATCH_TYPE = "application/openstack-messaging-v2.0-json-patch"
DEFAULT_METADATA = {
    "_max_messages_post_size": 262144,
    "_default_message_ttl": 3600,
    "_default_message_delay": 0,
    "_dead_letter_queue": None,
    "_dead_letter_queue_messages_ttl": None,
    "_max_claim_count": None,
    "_enable_encrypt_messages": False,
}
"""What every queue shows where nothing else is stored (http Q-18)."""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @cached_property
    def body(self) -> Any:
        """The document; None when there is none. Python's NaN and Infinity are no JSON."""
        return json.loads(self.data, parse_constant=_refuse) if self.data else None

    @property
    def location(self) -> str:
        """Where the new thing is."""
        return self.headers["location"]

    @property
    def error(self) -> tuple[int, str]:
        """Status and title of a refusal."""
        return self.status, self.body["title"]

    @property
    def ids(self) -> list[str]:
        """The ids of the messages posted or shown."""
        hrefs = self.body.get("resources") or [message["href"] for message in self.body["messages"]]
        return [href.rsplit("/", 1)[-1].partition("?")[0] for href in hrefs]

    @property
    def bodies(self) -> list[Any]:
        """What was in the messages shown."""
        return [message["body"] for message in self.body["messages"]]

    @property
    def claim_id(self) -> str:
        """The claim under which the first message is shown, found as clients find it (http K-2)."""
        href: str = self.body["messages"][0]["href"]
        return href.rsplit("=", 1)[-1]

    @property
    def names(self) -> list[str]:
        """The names of the queues shown."""
        return [queue["name"] for queue in self.body["queues"]]


def messages(*bodies: Any, **members: Any) -> dict[str, Any]:
    """Return the document that posts a message for each body, all with the same other members."""
    return {"messages": [{"body": body, **members} for body in bodies]}


class Client(abc.ABC):
    """Everything that can be asked of the service, as one caller with a project and a client id."""

    @abc.abstractmethod
    def ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        document: Any = ABSENT,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask and return the answer; ``path`` is below ``/v2``."""

    def create_queue(self, name: str, metadata: Any = ABSENT) -> Answer:
        return self.ask("PUT", f"/queues/{name}", document=metadata)

    def show_queue(self, name: str) -> Answer:
        return self.ask("GET", f"/queues/{name}")

    def list_queues(self, **parameters: Any) -> Answer:
        return self.ask("GET", "/queues", parameters)

    def update_queue(self, name: str, patch: Any) -> Answer:
        return self.ask("PATCH", f"/queues/{name}", document=patch, headers={"Content-Type": PATCH_TYPE})

    def delete_queue(self, name: str) -> Answer:
        return self.ask("DELETE", f"/queues/{name}")

    def stats(self, name: str) -> Answer:
        return self.ask("GET", f"/queues/{name}/stats")

    def purge(self, name: str, document: Any = ABSENT) -> Answer:
        return self.ask("POST", f"/queues/{name}/purge", document=document)

    def post(self, queue: str, *bodies: Any, **members: Any) -> Answer:
        return self.post_document(queue, messages(*bodies, **members))

    def post_document(self, queue: str, document: Any) -> Answer:
        return self.ask("POST", f"/queues/{queue}/messages", document=document)

    def list(self, queue: str, **parameters: Any) -> Answer:
        return self.ask("GET", f"/queues/{queue}/messages", parameters)

    def get(self, queue: str, message_id: str, **parameters: Any) -> Answer:
        return self.ask("GET", f"/queues/{queue}/messages/{message_id}", parameters)

    def get_many(self, queue: str, *ids: str) -> Answer:
        return self.ask("GET", f"/queues/{queue}/messages", {"ids": ",".join(ids)})

    def delete(self, queue: str, message_id: str, **parameters: Any) -> Answer:
        return self.ask("DELETE", f"/queues/{queue}/messages/{message_id}", parameters)

    def delete_many(self, queue: str, *ids: str, **parameters: Any) -> Answer:
        return self.ask("DELETE", f"/queues/{queue}/messages", {"ids": ",".join(ids), **parameters})

    def pop(self, queue: str, number: Any, **parameters: Any) -> Answer:
        return self.ask("DELETE", f"/queues/{queue}/messages", {"pop": number, **parameters})

    def claim(self, queue: str, document: Any = ABSENT, **parameters: Any) -> Answer:
        return self.ask("POST", f"/queues/{queue}/claims", parameters, document)

    def show_claim(self, queue: str, claim_id: str) -> Answer:
        return self.ask("GET", f"/queues/{queue}/claims/{claim_id}")

    def renew(self, queue: str, claim_id: str, document: Any) -> Answer:
        return self.ask("PATCH", f"/queues/{queue}/claims/{claim_id}", document=document)

    def release(self, queue: str, claim_id: str) -> Answer:
        return self.ask("DELETE", f"/queues/{queue}/claims/{claim_id}")

    def ping(self) -> Answer:
        return self.ask("GET", "/ping")


def _new_project() -> str:
    return f"project-{secrets.token_hex(6)}"


@dataclass(frozen=True)
class HttpClient(Client):
    """The client over HTTP, in one process with the service."""

    application: WSGIApplication
    project: str = field(default_factory=_new_project)
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    roles: str | None = None

    def colleague(self) -> "HttpClient":
        """Return another client of the same project."""
        return HttpClient(self.application, self.project)

    def stranger(self) -> "HttpClient":
        """Return a client of another project."""
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
