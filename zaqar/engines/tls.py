"""Reads the service's certificate, key and client CA; a refusal names the option of the file that cannot be used."""

import functools
import ssl
from pathlib import Path

from zaqar.engines.endpoint import Endpoint
from zaqar.errors import ConfigurationError, refuse_together


def check_tls(endpoint: Endpoint) -> None:
    """Refuse a certificate, key or CA file that cannot be used. Raises ``ConfigurationError``."""
    if endpoint.tls_certificate:
        tls_context(endpoint)


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return a context with the endpoint's certificate and key. Raises ``ConfigurationError``."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    steps = [functools.partial(_load_certificate, context, str(endpoint.tls_certificate), endpoint.tls_key)]
    if endpoint.tls_client_ca:
        steps.append(functools.partial(_load_authorities, context, endpoint.tls_client_ca))
    refuse_together(*steps)
    return context


def _load_certificate(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    files = {"tls_certificate": certificate} | ({"tls_key": key} if key else {})
    refuse_together(*(functools.partial(_check_readable, name, path) for name, path in files.items()))
    key_file = key or certificate

    def refuse() -> str:
        # Called for a key with a passphrase: OpenSSL would ask at the terminal, where there may be nobody.
        raise ConfigurationError(
            f"The TLS key in {key_file} is encrypted, and no password can be given: decrypt it with "
            f"`openssl pkey -in {key_file} -out NEW`."
        )

    try:
        context.load_cert_chain(certificate, key, refuse)
    except ssl.SSLError as error:
        raise ConfigurationError(f"TLS cannot be set up: {_fault(certificate, key, error)}.") from error


def _load_authorities(context: ssl.SSLContext, path: str) -> None:
    _check_readable("tls_client_ca", path)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise ConfigurationError(
            f"TLS cannot be set up: [server] tls_client_ca {path} is no certificate in PEM format."
        ) from error
    context.verify_mode = ssl.CERT_REQUIRED


def _check_readable(name: str, path: str) -> None:
    try:
        Path(path).read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"TLS cannot be set up: [server] {name} {path} cannot be read: {error.strerror}."
        ) from error


def _fault(certificate: str, key: str | None, error: ssl.SSLError) -> str:
    # OpenSSL's own message names neither the file nor what is missing in it.
    if b"CERTIFICATE-----" not in Path(certificate).read_bytes():
        return f"[server] tls_certificate {certificate} is no certificate in PEM format"
    if b"PRIVATE KEY-----" not in Path(key or certificate).read_bytes():
        if key is None:
            return f"[server] tls_key is missing, and {certificate} contains none"
        return f"[server] tls_key {key} is no private key in PEM format"
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"the key in {key or certificate} does not belong to the certificate in {certificate} ([server] tls_key)"
    return f"{certificate} and its key cannot be read: {error.reason or error}"
