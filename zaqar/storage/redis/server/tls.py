"""How connections to Redis are encrypted."""

import dataclasses
import ssl
from typing import Any, Literal, cast

from zaqar.errors import ConfigurationError
from zaqar.storage.redis.server.query import Query

Requirement = Literal["required", "optional", "none"]

OPTIONS = frozenset({"ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile"})
_REQUIREMENTS = ("required", "optional", "none")


@dataclasses.dataclass(frozen=True)
class Tls:
    """Whom to trust, and what to show to the server."""

    authorities: str | None = None
    """File with the CA certificates; None for those of the system."""
    certificate: str | None = None
    key: str | None = None
    requirement: Requirement = "required"
    checks_name: bool = True

    def keywords(self) -> dict[str, Any]:
        """Return the settings as redis-py's ``SSLConnection`` names them."""
        return {
            "ssl_ca_certs": self.authorities,
            "ssl_certfile": self.certificate,
            "ssl_keyfile": self.key,
            "ssl_cert_reqs": self.requirement,
            "ssl_check_hostname": self.checks_name,
        }


def read_tls(query: Query) -> Tls:
    """Return what the options of an address say. Raises ``ConfigurationError``, also for files that cannot be used."""
    requirement = cast("Requirement", query.choice("ssl_cert_reqs", _REQUIREMENTS) or "required")
    checks_name = query.choice("ssl_check_hostname", ("true", "false"))
    if requirement == "none" and checks_name == "true":
        raise ConfigurationError(
            "The uri of the redis store says ssl_check_hostname=true and ssl_cert_reqs=none: without a certificate "
            "there is no name to check."
        )
    tls = Tls(
        authorities=query.text("ssl_ca_certs"),
        certificate=query.text("ssl_certfile"),
        key=query.text("ssl_keyfile"),
        requirement=requirement,
        checks_name=requirement != "none" and checks_name != "false",
    )
    _check_files(tls)
    return tls


def _check_files(tls: Tls) -> None:
    """Load the files once, so that a wrong one stops the start; later it would look like a server that is away."""
    if tls.key and not tls.certificate:
        raise ConfigurationError("The uri of the redis store gives ssl_keyfile without ssl_certfile.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.authorities:
        try:
            context.load_verify_locations(tls.authorities)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise ConfigurationError(_unusable("ssl_ca_certs", error)) from error
    if tls.certificate:
        try:
            # An encrypted key would be asked for at the terminal.
            context.load_cert_chain(tls.certificate, tls.key, password=lambda: "")
        except (OSError, ValueError) as error:
            raise ConfigurationError(_unusable("ssl_certfile or ssl_keyfile", error)) from error


def _unusable(option: str, error: Exception) -> str:
    if isinstance(error, ssl.SSLError) or not isinstance(error, OSError):
        return f"The {option} of the uri of the redis store is no file in PEM format that can be used."
    return f"The {option} of the uri of the redis store cannot be read: {error.strerror}."
