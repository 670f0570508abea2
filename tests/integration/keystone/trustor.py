"""Somebody who subscribes addresses that want a token, and what Keystone knows of it."""

import uuid

import requests

from tests.integration.keystone.conftest import Caller
from tests.integration.keystone.server import KeystoneServer
from tests.integration.notifier.receiver import Receiver
from tests.integration.process import RunningServer


class Trustor(Caller):
    """Asks the service as somebody who subscribes."""

    def __init__(self, service: RunningServer, keystone: KeystoneServer) -> None:
        super().__init__(service)
        self.keystone = keystone
        self.queue = f"queue-{uuid.uuid4().hex[:8]}"
        self.path = f"/v2/queues/{self.queue}/subscriptions"

    def subscribe(self, subscriber: str, name: str = "member-one", **members: object) -> str:
        """Subscribe as somebody; return the id."""
        document = {"subscriber": subscriber, "ttl": 600, **members}
        answer = self("POST", self.path, self.keystone.any_token(name), json=document)
        assert answer.status_code == 201, answer.text
        return f"{self.path}/{answer.json()['subscription_id']}"

    def change(self, path: str, name: str = "member-one", **members: object) -> requests.Response:
        """Change a subscription."""
        return self("PATCH", path, self.keystone.any_token(name), json=members)

    def shown(self, path: str) -> dict[str, object]:
        """Return a subscription."""
        answer = self("GET", path, self.keystone.any_token("member-one"))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def trust_of(self, path: str) -> str | None:
        """Return the id of its trust."""
        options = self.shown(path)["options"]
        assert isinstance(options, dict)
        return options.get("trust_id")

    def post(self, body: object) -> None:
        """Post a message."""
        path = f"/v2/queues/{self.queue}/messages"
        answer = self("POST", path, self.keystone.any_token("member-one"), json={"messages": [{"body": body}]})
        assert answer.status_code == 201

    def record(self, path: str) -> dict[str, object]:
        """Return what is on record of its deliveries."""
        return dict(self("GET", f"{path}/deliveries", self.keystone.any_token("member-one")).json())

    def is_there(self, trust_id: str | None) -> bool:
        """Tell whether Keystone has a trust."""
        return trust_id in [one["id"] for one in self.keystone.ask("GET", "/OS-TRUST/trusts")["trusts"]]

    def trusts(self) -> int:
        """Return how many trusts there are."""
        return len(self.keystone.ask("GET", "/OS-TRUST/trusts")["trusts"])


def settings_of(server: KeystoneServer, **trustee: object) -> dict[str, dict[str, object]]:
    return {
        **server.settings(),
        "server": {"workers": 1},
        "notification": {"allowed_networks": "127.0.0.0/8"},
        "trustee": server.trustee(**trustee),
    }


def hook(receiver: Receiver, path: str = "hook") -> str:
    return f"trust+{receiver.url}/{path}"


def behind(server: KeystoneServer, token: str) -> dict[str, object]:
    """Return what Keystone says of a token."""
    return dict(server.ask("GET", "/auth/tokens", headers={"X-Subject-Token": token})["token"])
