"""``zaqar-server``: the whole service from one command."""

import dataclasses
import functools
import importlib
import logging
import signal
import sys
from collections.abc import Sequence

from oslo_config import cfg

from zaqar import config, deploy
from zaqar.cmd import check_config
from zaqar.cmd.child import Child
from zaqar.cmd.daemon import detach
from zaqar.cmd.reading import PROGRAM, endpoint_of, engine_of, read
from zaqar.cmd.refusals import tell
from zaqar.cmd.report import write_report
from zaqar.engines.endpoint import Application, Endpoint, Program
from zaqar.engines.place import taken_over
from zaqar.errors import ConfigurationError
from zaqar.policies import Policy

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
        tell(PROGRAM, error)
        return 1
    except KeyboardInterrupt:
        return 0


def run(arguments: tuple[str, ...]) -> int:
    """Check everything that can be checked before the engine starts, then start it."""
    reading = read(arguments)
    if config.is_to_be_checked(reading.conf) or "--check-config" in arguments:
        return check_config.tell(reading)
    accepted = Accepted.of(reading)
    accepted.endpoint = taken_over(accepted.endpoint)
    conf = accepted.conf
    notifier = Child("zaqar.cmd.notifier", arguments)
    program = Program(
        load=accepted.application,
        read=lambda: accepted.endpoint,
        reread=functools.partial(reread, accepted, arguments),
        started=functools.partial(announce, conf, accepted.endpoint, accepted.notes),
        reloaded=functools.partial(renew, accepted, notifier),
        report=functools.partial(report, accepted, notifier),
    )
    engine = engine_of(conf)
    # Once, before the workers are forked, which would all import it at the same time.
    importlib.import_module("zaqar.transport.wsgi.application")
    if conf.daemon:
        detach()
    if conf.notification.enabled:
        notifier.start()
    try:
        status = int(engine.serve(program))
    finally:
        notifier.stop()
    LOG.info("The service has stopped.")
    return status


@dataclasses.dataclass
class Accepted:
    """What was read last and found right, in the parent: every worker runs with it, whatever the files say by then.

    So a worker that dies is replaced also while somebody edits the files.
    """

    conf: config.Options
    policy: Policy
    endpoint: Endpoint
    notes: Sequence[str]

    @classmethod
    def of(cls, reading: config.Reading) -> "Accepted":
        """Set the log up and make the stores ready, where nothing is refused. Raises ``ConfigurationError``."""
        conf = reading.accepted()
        started = deploy.start(conf)
        return cls(conf, started.policy, endpoint_of(conf), started.notes)

    def replace(self, newer: "Accepted") -> None:
        """Let workers that start from now on run with what is newer; the place to listen stays."""
        place = self.endpoint
        self.conf, self.policy = newer.conf, newer.policy
        self.endpoint = dataclasses.replace(
            newer.endpoint, address=place.address, port=place.port, unix_socket=place.unix_socket
        )

    def application(self) -> Application:
        """Build the application, in a worker process."""
        return deploy.wsgi_application(self.conf, policy=self.policy, access_log=self.conf.server.access_log)


def reread(accepted: Accepted, arguments: tuple[str, ...]) -> None:
    """Accept what is configured now, for a reload. Raises ``ConfigurationError``."""
    reading = read(arguments, stays=True)
    reading.accepted()
    try:
        newer = Accepted.of(reading)
    except ConfigurationError:
        deploy.start_log(accepted.conf)  # what was refused may have moved it, or left none
        raise
    accepted.replace(newer)
    for note in newer.notes:
        LOG.warning("%s", note)


def report(accepted: Accepted, notifier: Child) -> None:
    """Tell the state of the service, and let its notifier tell its own (storage R9.1.5)."""
    write_report(accepted.conf)
    notifier.tell(signal.SIGUSR2)


def renew(accepted: Accepted, notifier: Child) -> None:
    """Let the notifier, too, run with what was accepted, and say in one line that a reload is done."""
    if accepted.conf.notification.enabled:
        notifier.start()
    else:
        notifier.dismiss()
    endpoint = accepted.endpoint
    LOG.info("The configuration was reloaded: %s new workers x %s threads.", endpoint.workers, endpoint.threads)


def announce(conf: config.Options, endpoint: Endpoint, notes: Sequence[str] = ()) -> None:
    """Say in one line what is served, where and from which data; then what the operator should know, a line each."""
    parts = [
        f"{PROGRAM} at {endpoint.url}",
        f"{conf.server.engine}, {endpoint.workers} workers x {endpoint.threads} threads",
        deploy.describe(conf),
    ]
    parts.append(deploy.describe_authentication(conf))
    line = "; ".join(parts)
    print(line, flush=True)
    if any((conf.log_file, conf.log_dir, conf.use_syslog, conf.use_journal, conf.log_config_append)):
        LOG.info(line)
    for warning in (*notes, *_engine_warnings(conf, endpoint)):
        LOG.warning(warning)


def _engine_warnings(conf: cfg.ConfigOpts, endpoint: Endpoint) -> list[str]:
    if conf.server.engine != "granian" or endpoint.unix_socket or not config.is_public(endpoint.address):
        return []
    return [GRANIAN_WAITS]


if __name__ == "__main__":
    sys.exit(main())
