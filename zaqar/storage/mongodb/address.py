"""Where a MongoDB is: the connection string and the options beside it, as PyMongo's keywords (storage R3.1.2 to R3.1.6)."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri, parse_userinfo, split_options

from zaqar.errors import ConfigurationError

SCHEMES = ("mongodb", "mongodb+srv", "mongodb.fifo")
_LONGEST_NAME = 63
_NOT_IN_NAMES = frozenset('/\\. "$*<>:|?\0')


@dataclasses.dataclass(frozen=True)
class Tls:
    """The options ``ssl_*`` of the group."""

    ssl_keyfile: str | None = None
    ssl_certfile: str | None = None
    ssl_cert_reqs: str = "CERT_REQUIRED"
    ssl_ca_certs: str | None = None


@dataclasses.dataclass(frozen=True)
class Address:
    """One MongoDB, and how to speak to it."""

    uri: str = dataclasses.field(repr=False)
    place: str
    """Where it is in one line without secrets, for the operator."""
    options: Mapping[str, Any] = dataclasses.field(repr=False)
    """Options of the URI, by PyMongo's lower-case names."""
    keywords: Mapping[str, Any] = dataclasses.field(repr=False)
    """What is to be given to PyMongo beside the URI."""


def parse(uri: str | None, *, tls: Tls, is_unreliable: bool = False, retry_deadline: float = 10.0) -> Address:
    """Return the address that the options mean.

    Raises ``ConfigurationError`` with a sentence that quotes nothing of the uri but words that cannot be secret.
    """
    if not uri:
        raise ConfigurationError("The mongodb store needs a uri, as in mongodb://HOST:27017.")
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme.lower() not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise ConfigurationError(f"The uri of the mongodb store must begin with one of {known}.")
    scheme = "mongodb" if scheme.lower() == "mongodb.fifo" else scheme.lower()
    before, _, query = rest.partition("?")
    userinfo, at, hosts = before.rpartition("@")
    hosts = hosts.partition("/")[0]
    if not hosts:
        raise ConfigurationError("The uri of the mongodb store names no host.")
    try:
        if at:
            parse_userinfo(userinfo)
        if scheme == "mongodb":
            parse_uri(f"{scheme}://{rest}", warn=False)
        options = dict(split_options(query, validate=True, warn=False)) if query else {}
    except (PyMongoError, ValueError) as error:
        # Not chained: the error quotes what may be a piece of a password.
        raise ConfigurationError(_unusable(error)) from None
    options = {str(name).lower(): value for name, value in options.items()}
    _check_write_concern(options, is_unreliable=is_unreliable)
    is_encrypted = bool(options.get("tls", options.get("ssl", scheme == "mongodb+srv")))
    keywords = _timeouts(options, retry_deadline) | _write_concern(options) | _tls(tls, is_encrypted=is_encrypted)
    return Address(f"{scheme}://{rest}", f"{scheme}://{hosts}", options, keywords)


def check_name(database: str) -> str:
    """Return the name of a database that MongoDB takes. Raises ``ConfigurationError``."""
    if not database or len(database.encode()) > _LONGEST_NAME or _NOT_IN_NAMES & set(database):
        raise ConfigurationError(
            f"The database of the mongodb store must have a name of 1 to {_LONGEST_NAME} bytes without dots, slashes, "
            "spaces, dollars and the like."
        )
    return database


def _timeouts(options: Mapping[str, Any], deadline: float) -> dict[str, Any]:
    """Bound every wait, which PyMongo does not; what the URI says wins."""
    milliseconds = max(int(deadline * 1000), 100)
    wanted = {
        "serverSelectionTimeoutMS": milliseconds,
        "connectTimeoutMS": min(milliseconds, 5000),
        "socketTimeoutMS": milliseconds,
        "waitQueueTimeoutMS": milliseconds,
    }
    return {name: value for name, value in wanted.items() if name.lower() not in options}


def _write_concern(options: Mapping[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {} if "w" in options else {"w": "majority"}
    if "journal" not in options and "j" not in options and options.get("w") != 0:
        wanted["journal"] = True
    return wanted


def _check_write_concern(options: Mapping[str, Any], *, is_unreliable: bool) -> None:
    """Refuse to acknowledge what one node's loss would undo; a name stands for tags that the operator chose."""
    w, journal = options.get("w", "majority"), options.get("journal", options.get("j", True))
    if is_unreliable:
        return
    if isinstance(w, int) and w < 2:
        raise ConfigurationError(
            f"The uri of the mongodb store says w={w}: what was acknowledged could be lost with one server. Leave it "
            "out, or say w=majority; [DEFAULT] unreliable = true lets it be."
        )
    if not journal:
        raise ConfigurationError(
            "The uri of the mongodb store says that the journal is not waited for: what was acknowledged could be lost "
            "with the power. Leave it out; [DEFAULT] unreliable = true lets it be."
        )


def _tls(tls: Tls, *, is_encrypted: bool) -> dict[str, Any]:
    given = [name for name in ("ssl_keyfile", "ssl_certfile", "ssl_ca_certs") if getattr(tls, name)]
    if given and not is_encrypted:
        raise ConfigurationError(
            f"The mongodb store is given {given[0]}, and its uri does not ask for TLS: add tls=true to the uri."
        )
    if not is_encrypted:
        return {}
    for name in given:
        if not os.access(getattr(tls, name), os.R_OK):
            raise ConfigurationError(f"The file that {name} of the mongodb store names cannot be read.")
    if tls.ssl_keyfile and tls.ssl_certfile and tls.ssl_keyfile != tls.ssl_certfile:
        raise ConfigurationError(
            "The mongodb store is given ssl_keyfile and ssl_certfile. Its client takes one file: put key and "
            "certificate into one, and name that as ssl_certfile."
        )
    keywords: dict[str, Any] = {}
    if own := tls.ssl_certfile or tls.ssl_keyfile:
        keywords["tlsCertificateKeyFile"] = own
    if tls.ssl_ca_certs:
        keywords["tlsCAFile"] = tls.ssl_ca_certs
    if tls.ssl_cert_reqs != "CERT_REQUIRED":
        keywords["tlsAllowInvalidCertificates"] = True
    return keywords


def _unusable(error: Exception) -> str:
    if "escaped" in str(error):
        return "The uri of the mongodb store has a user name or password with reserved characters: write %40 for @ and so on."
    return "The uri of the mongodb store has an option that PyMongo does not take, or a value that it does not."
