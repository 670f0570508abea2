"""Start a Keystone with people in it, and get tokens of it."""

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

from tests.integration.keystone.installation import PROGRAM, SETTINGS, installation, missing_keystone, python
from tests.integration.keystone.program import PASSWORD as FIRST_PASSWORD
from tests.integration.process import Settings, free_port
from tests.integration.store_server import HOST, StoreServer
from tests.needs import require

PASSWORD = "not-2-be-seen-%-password"
DOMAIN = {"id": "default"}
SERVICE_USER = "zaqar"

PEOPLE = {
    # name: (project, role); nobody-one has a role that no rule knows.
    "zaqar": ("service", "service"),
    "admin-one": ("one", "admin"),
    "member-one": ("one", "member"),
    "reader-one": ("one", "reader"),
    "nobody-one": ("one", "nobody"),
    "member-two": ("two", "member"),
}


class KeystoneServer(StoreServer):
    """A Keystone; ``ids`` are those of projects, users and roles, by kind and name."""

    seconds_to_start = 120.0

    def __init__(self, folder: Path, port: int, expiration: int) -> None:
        self.access_log = folder / "access.log"
        self.access_log.touch()
        configuration = folder / "keystone.conf"
        configuration.write_text(SETTINGS.format(folder=folder, port=port, expiration=expiration))
        words = [python(), PROGRAM, "serve", configuration, port, self.access_log]
        super().__init__([str(word) for word in words], folder, port)
        self.ids: dict[tuple[str, str], str] = {}
        self._tokens: dict[str, str] = {}

    @property
    def uri(self) -> str:
        """Return where clients get a token."""
        return f"http://{HOST}:{self.port}/v3"

    def validations(self) -> int:
        """Return how often a token was validated so far."""
        return sum(line.startswith("GET /v3/auth/tokens") for line in self.access_log.read_text().splitlines())

    def settings(self, **options: object) -> Settings:
        """Return the configuration of a service that asks this Keystone."""
        own = {
            "auth_type": "password",
            "auth_url": self.uri,
            "www_authenticate_uri": self.uri,
            "username": SERVICE_USER,
            "password": PASSWORD.replace("$", "$$"),
            "user_domain_id": "default",
            "project_name": "service",
            "project_domain_id": "default",
        }
        return {"DEFAULT": {"auth_strategy": "keystone"}, "keystone_authtoken": {**own, **options}}

    def trustee(self, **options: object) -> Mapping[str, object]:
        """Return what ``[trustee]`` has, where the user of the service is the trustee."""
        own = {
            "auth_type": "password",
            "auth_url": self.uri,
            "username": SERVICE_USER,
            "password": PASSWORD.replace("$", "$$"),
            "user_domain_id": "default",
        }
        return {**own, **options}

    def token(self, name: str, *, scope: Mapping[str, Any] | None = None, password: str = PASSWORD) -> str:
        """Return a new token for a user's own project, or another scope; an empty one for a token without."""
        if scope is None:
            scope = {"project": {"name": PEOPLE[name][0], "domain": DOMAIN}}
        user = {"name": name, "domain": DOMAIN, "password": password}
        identity = {"methods": ["password"], "password": {"user": user}}
        return self._new_token({"identity": identity, "scope": scope or "unscoped"})

    def any_token(self, name: str) -> str:
        """Return a token for a user's own project, the same each time."""
        if name not in self._tokens:
            self._tokens[name] = self.token(name)
        return self._tokens[name]

    def token_of(self, credential: Mapping[str, Any]) -> str:
        """Return a new token of an application credential."""
        own = {"id": credential["id"], "secret": credential["secret"]}
        return self._new_token({"identity": {"methods": ["application_credential"], "application_credential": own}})

    def narrow(self, name: str, *, method: str, path: str) -> Mapping[str, Any]:
        """Return a new application credential of a user that is good for one kind of request to the service only."""
        rule = {"service": "messaging", "method": method, "path": path}
        document = {"application_credential": {"name": f"narrow-{free_port()}", "access_rules": [rule]}}
        path = f"/users/{self.ids['user', name]}/application_credentials"
        credential: Mapping[str, Any] = self.ask("POST", path, document, token=self.token(name))[
            "application_credential"
        ]
        return credential

    def _new_token(self, auth: Mapping[str, Any]) -> str:
        answer = requests.post(f"{self.uri}/auth/tokens", json={"auth": auth}, timeout=60)
        answer.raise_for_status()
        return answer.headers["X-Subject-Token"]

    def revoke(self, token: str) -> None:
        """End a token before its time."""
        self.ask("DELETE", "/auth/tokens", headers={"X-Subject-Token": token})

    def ask(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] = {},
    ) -> Any:
        """Ask Keystone something, as its administrator unless another token is given."""
        answer = requests.request(
            method,
            f"{self.uri}{path}",
            json=document,
            headers={"X-Auth-Token": token or self._administrator, **headers},
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    @functools.cached_property
    def _administrator(self) -> str:
        return self.token("admin", scope={"project": {"name": "admin", "domain": DOMAIN}}, password=FIRST_PASSWORD)

    def fill(self) -> None:
        """Make the projects, roles and people."""
        for role in self.ask("GET", "/roles")["roles"]:
            self.ids["role", role["name"]] = role["id"]
        for role in dict.fromkeys(role for _, role in PEOPLE.values()):
            if ("role", role) not in self.ids:
                self._make("role", role, {})
        for project in dict.fromkeys(project for project, _ in PEOPLE.values()):
            self._make("project", project, {"domain_id": "default"})
        for name, (project, role) in PEOPLE.items():
            self._make("user", name, {"domain_id": "default", "password": PASSWORD})
            granted = f"/projects/{self.ids['project', project]}/users/{self.ids['user', name]}"
            self.ask("PUT", f"{granted}/roles/{self.ids['role', role]}")

    def publish_once(self, url: str) -> None:
        """Let the catalogue have a messaging service, wherever it leads to."""
        if not self.ask("GET", "/services?type=messaging")["services"]:
            self.publish(url)

    def publish(self, url: str) -> None:
        """Let the catalogue lead to the service at ``url``, and nowhere else."""
        for old in self.ask("GET", "/services?type=messaging")["services"]:
            self.ask("DELETE", f"/services/{old['id']}")
        made = self.ask("POST", "/services", {"service": {"name": "zaqar", "type": "messaging"}})
        for interface in ("public", "internal"):
            endpoint = {
                "service_id": made["service"]["id"],
                "interface": interface,
                "url": url,
                "region_id": "RegionOne",
            }
            self.ask("POST", "/endpoints", {"endpoint": endpoint})

    def _make(self, kind: str, name: str, members: Mapping[str, object]) -> None:
        self.ids[kind, name] = self.ask("POST", f"/{kind}s", {kind: {"name": name, **members}})[kind]["id"]

    def _answers(self) -> bool:
        try:
            return requests.get(self.uri, timeout=20).ok
        except requests.ConnectionError:
            return False


@contextlib.contextmanager
def keystone(*, expiration: int = 3600) -> Iterator[KeystoneServer]:
    """Run a Keystone with the people in it until the block ends; its tokens expire after so many seconds.

    Where it cannot be installed the test is skipped; under CI it fails.
    """
    require("Keystone", missing_keystone())
    with tempfile.TemporaryDirectory(prefix="zaqar-keystone-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        shutil.copytree(installation() / "made", folder, dirs_exist_ok=True)
        server = KeystoneServer(folder, free_port(), expiration)
        try:
            server.wait()
            server.fill()
            yield server
        finally:
            server.resume()
            server.close()
