"""What ``zaqar-server`` reads, and everything in it that it refuses, before it touches anything."""

import importlib
from types import ModuleType

from zaqar import config, deploy
from zaqar.config import Options
from zaqar.engines.endpoint import Endpoint
from zaqar.engines.place import check_place

PROGRAM = "zaqar-server"


def read(arguments: tuple[str, ...], *, stays: bool = False) -> config.Reading:
    """Read the configuration and refuse what cannot be served.

    ``stays``: whether the service goes on listening where it does, so that nothing is said of the place.
    """
    checks = [*deploy.checks(serves_transport=True), config.check_address, _check_tls]
    if not stays:
        checks.append(_check_place)
    return config.read(arguments, prog=PROGRAM, checks=checks)


def engine_of(conf: Options) -> ModuleType:
    """Return the module of the HTTP engine that is chosen."""
    return importlib.import_module(f"zaqar.engines.with_{conf.server.engine}")


def endpoint_of(conf: Options) -> Endpoint:
    """Return what the configuration says about the engine."""
    wsgi, server, limits = conf["drivers:transport:wsgi"], conf.server, config.limits(conf)
    return Endpoint(
        address=wsgi.bind,
        port=wsgi.port,
        unix_socket=server.unix_socket,
        unix_socket_mode=int(server.unix_socket_mode, 8),
        workers=config.workers(conf),
        pin_workers=server.pin_workers,
        threads=server.threads,
        backlog=server.backlog,
        client_timeout=server.client_timeout,
        graceful_timeout=server.graceful_timeout,
        longest_line=limits.longest_address,
        largest_body=limits.largest_body,
        tls_certificate=server.tls_certificate,
        tls_key=server.tls_key,
        tls_client_ca=server.tls_client_ca,
        debug=conf.debug,
    )


# The two ask for the options that they need only, so that another one's wrong value does not hide what they refuse.
def _check_tls(conf: Options) -> None:
    server = conf.server
    endpoint = Endpoint(
        tls_certificate=server.tls_certificate, tls_key=server.tls_key, tls_client_ca=server.tls_client_ca
    )
    engine_of(conf).check_tls(endpoint)


def _check_place(conf: Options) -> None:
    wsgi = conf["drivers:transport:wsgi"]
    try:
        port = wsgi.port
    except ValueError:
        port = 0  # which is refused; the address can be looked at all the same
    endpoint = Endpoint(address=wsgi.bind, port=port, unix_socket=conf.server.unix_socket)
    # Whoever only looks at the configuration may have a service that runs with it.
    check_place(endpoint, may_be_taken=config.is_to_be_checked(conf))
