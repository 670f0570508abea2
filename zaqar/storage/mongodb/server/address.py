"""Where a MongoDB is: the connection string and the options beside it, as PyMongo's keywords (storage R3.1.2 to R3.1.6)."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri, parse_userinfo, split_options

from zaqar.errors import ConfigurationError
from zaqar.storage.mongodb.server import write_concern

SCHEMES = ("mongodb", "mongodb+srv", "mongodb.fifo")
_LONGEST_NAME = 63
_NOT_IN_NAMES = frozenset('/\\. "$*<>:|?\0')

_USER = (
    "The uri of the mongodb store has no user name before the @, or reserved characters in it or in the password: write "
    "%40 for @ and so on."
)
_HOSTS = (
    "The uri of the mongodb store has a host, a port or a database that cannot be: hosts are HOST or HOST:PORT, with "
    "brackets around an IPv6 address, as in [::1]:27017."
)
_NAME = (
    "The uri of the mongodb store has a port or several hosts: mongodb+srv:// takes one name, of which DNS tells hosts and "
    "ports."
)
_OPTIONS = (
    "The uri of the mongodb store has an option that PyMongo does not take, a value that it does not, or options that do "
    "not go together."
)
_FILE = "The uri of the mongodb store names a file that cannot be read."


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
    hosts = rest.partition("?")[0].rpartition("@")[2].partition("/")[0]
    if not hosts:
        raise ConfigurationError("The uri of the mongodb store names no host.")
    options = _options(scheme, rest)
    write_concern.check(options, is_unreliable=is_unreliable)
    is_encrypted = bool(options.get("tls", options.get("ssl", scheme == "mongodb+srv")))
    keywords = _timeouts(options, retry_deadline) | write_concern.keywords(options)
    return Address(
        f"{scheme}://{rest}", f"{scheme}://{hosts}", options, keywords | _tls(tls, is_encrypted=is_encrypted)
    )


def check_name(database: str) -> str:
    """Return the name of a database that MongoDB takes. Raises ``ConfigurationError``."""
    if not database or len(database.encode()) > _LONGEST_NAME or _NOT_IN_NAMES & set(database):
        raise ConfigurationError(
            f"The database of the mongodb store must have a name of 1 to {_LONGEST_NAME} bytes without dots, slashes, "
            "spaces, dollars and the like."
        )
    return database


def _options(scheme: str, rest: str) -> dict[str, Any]:
    """Return the options of a uri, by lower-case names. Raises ``ConfigurationError`` for what PyMongo would not take."""
    before, _, query = rest.partition("?")
    userinfo, at, hosts = before.rpartition("@")
    hosts = hosts.partition("/")[0]
    sentence = _USER
    try:
        if at:
            parse_userinfo(userinfo)
        # An @ that far behind is likely to end a password with a / or a ? in it.
        sentence = _USER if "/" in userinfo or "@" in query else _HOSTS
        parse_uri(f"mongodb://{before}", warn=False)
        if scheme == "mongodb+srv" and any(each in hosts for each in ",:"):
            raise ConfigurationError(_USER if sentence == _USER else _NAME)
        sentence = _OPTIONS
        found = dict(split_options(query, validate=True, warn=False)) if query else {}
        if scheme == "mongodb":
            parse_uri(f"mongodb://{rest}", warn=False)
    except OSError:
        raise ConfigurationError(_FILE) from None
    except (PyMongoError, ValueError):
        # Not chained: the error quotes what may be a piece of a password.
        raise ConfigurationError(sentence) from None
    return {str(name).lower(): value for name, value in found.items()}


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


def _tls(tls: Tls, *, is_encrypted: bool) -> dict[str, Any]:
    given = [name for name in ("ssl_keyfile", "ssl_certfile", "ssl_ca_certs") if getattr(tls, name)]
    is_lenient = tls.ssl_cert_reqs != "CERT_REQUIRED"  # the default, so nobody may have set it
    if not is_encrypted:
        if given or is_lenient:
            raise ConfigurationError(
                f"The mongodb store is given {[*given, 'ssl_cert_reqs'][0]}, and its uri does not ask for TLS: add "
                "tls=true to the uri."
            )
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
    if is_lenient:
        keywords["tlsAllowInvalidCertificates"] = True
    return keywords
