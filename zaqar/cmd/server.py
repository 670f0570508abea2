"""``zaqar-server``: the whole service from one command."""

import dataclasses
import functools
import importlib
import logging
import sys
from collections.abc import Callable, Sequence

from oslo_config import cfg

from zaqar import config, deploy
from zaqar.cmd.daemon import detach
from zaqar.cmd.report import write_report
from zaqar.engines.endpoint import Application, Endpoint, Program, checked, tls_checked
from zaqar.errors import ConfigurationError
from zaqar.policies import Policy

PROGRAM = "zaqar-server"
LOG = logging.getLogger(__name__)

GRANIAN_WAITS = (
    "The granian engine waits without limit for a client that stalls in the middle of a body: put a proxy in front that "
    "reads whole requests, or set [server] engine = gunicorn."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit status."""
    try:
        return run(tuple(sys.argv[1:] if arguments is None else arguments))
    except ConfigurationError as error:
        LOG.debug("The service does not start.", exc_info=True)
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def run(arguments: tuple[str, ...]) -> int:
    """Check everything that can be checked before the engine starts, then start it."""
    accepted = Accepted.read(arguments, checked)
    conf = accepted.conf
    program = Program(
        load=accepted.application,
        read=lambda: accepted.endpoint,
        reread=functools.partial(reread, accepted, arguments),
        started=functools.partial(announce, conf, accepted.endpoint, accepted.notes),
        reloaded=functools.partial(announce_reload, accepted),
        report=accepted.report,
    )
    engine = importlib.import_module(f"zaqar.engines.with_{conf.server.engine}")
    if conf.daemon:
        detach()
    status = int(engine.serve(program))
    LOG.info("The service has stopped.")
    return status


@dataclasses.dataclass
class Accepted:
    """What was read last and found right, in the parent: every worker runs with it, whatever the files say by then.

    So a worker that dies is replaced also while somebody edits the files.
    """

    conf: cfg.ConfigOpts
    policy: Policy
    endpoint: Endpoint
    notes: Sequence[str]

    @classmethod
    def read(cls, arguments: tuple[str, ...], check: Callable[[Endpoint], Endpoint]) -> "Accepted":
        """Read everything and check it, the endpoint by ``check``, before stores are touched.

        Raises ``ConfigurationError``.
        """
        conf = configuration(arguments)
        return cls(conf, Policy(conf), check(endpoint_of(conf)), deploy.prepare(conf))

    def replace(self, newer: "Accepted") -> None:
        """Let workers that start from now on run with what is newer; the place to listen stays."""
        place = self.endpoint
        self.conf, self.policy = newer.conf, newer.policy
        self.endpoint = dataclasses.replace(
            newer.endpoint, address=place.address, port=place.port, unix_socket=place.unix_socket
        )

    def report(self) -> None:
        """Tell the state of the service in the log (storage R9.1.5)."""
        write_report(self.conf)

    def application(self) -> Application:
        """Build the application, in a worker process."""
        return deploy.wsgi_application(self.conf, policy=self.policy, access_log=self.conf.server.access_log)


def configuration(arguments: tuple[str, ...]) -> cfg.ConfigOpts:
    """Read the configuration, refuse what cannot be served, and set the log up."""
    conf = config.load(arguments, prog=PROGRAM)
    config.check(conf)
    config.check_address(conf)
    config.start_logging(conf)
    if not conf.debug:
        # Its steps on a new database would come before the line that says where the service is.
        logging.getLogger("alembic").setLevel(logging.WARNING)
    return conf


def endpoint_of(conf: cfg.ConfigOpts) -> Endpoint:
    """Return what the configuration says about the engine."""
    wsgi, server, limits = conf["drivers:transport:wsgi"], conf.server, config.limits(conf)
    return Endpoint(
        address=wsgi.bind,
        port=wsgi.port,
        unix_socket=server.unix_socket,
        unix_socket_mode=int(server.unix_socket_mode, 8),
        workers=config.workers(conf),
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


def reread(accepted: Accepted, arguments: tuple[str, ...]) -> None:
    """Accept what is configured now, for a reload. Raises ``ConfigurationError``."""
    newer = Accepted.read(arguments, tls_checked)  # the place to listen is taken, by this service
    accepted.replace(newer)
    for note in newer.notes:
        LOG.warning("%s", note)


def announce_reload(accepted: Accepted) -> None:
    """Say in one line that a reload is done."""
    endpoint = accepted.endpoint
    LOG.warning("The configuration was reloaded: %s new workers x %s threads.", endpoint.workers, endpoint.threads)


def announce(conf: cfg.ConfigOpts, endpoint: Endpoint, notes: Sequence[str] = ()) -> None:
    """Say in one line what is served, where and from which data; then what the operator should know, a line each."""
    parts = [
        f"{PROGRAM} at {endpoint.url}",
        f"{conf.server.engine}, {endpoint.workers} workers x {endpoint.threads} threads",
        deploy.describe(conf),
    ]
    if not conf.auth_strategy:
        parts.append("authentication off!")
    line = "; ".join(parts)
    print(line, flush=True)
    if any((conf.log_file, conf.log_dir, conf.use_syslog, conf.use_journal, conf.log_config_append)):
        LOG.info(line)
    for warning in (*notes, *config.warnings(conf), *_engine_warnings(conf, endpoint)):
        LOG.warning(warning)


def _engine_warnings(conf: cfg.ConfigOpts, endpoint: Endpoint) -> list[str]:
    if conf.server.engine != "granian" or endpoint.unix_socket or not config.is_public(endpoint.address):
        return []
    return [GRANIAN_WAITS]


if __name__ == "__main__":
    sys.exit(main())
