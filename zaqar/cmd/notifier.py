"""``zaqar-notifier``: delivers what is posted to the subscribers of queues and topics.

``zaqar-server`` runs one as its child. Others may run beside it, on this host or any other that reaches the stores.
"""

import logging
import os
import signal
import sys
from collections.abc import Sequence

from zaqar import config, deploy
from zaqar.cmd.child import PARENT_VARIABLE
from zaqar.cmd.reading import PROGRAM as SERVER
from zaqar.cmd.refusals import tell
from zaqar.cmd.report import write_report
from zaqar.engines.descriptors import raise_limit
from zaqar.engines.signals import end_with_parent
from zaqar.errors import ConfigurationError

PROGRAM = "zaqar-notifier"
LOG = logging.getLogger(__name__)

SWITCH = 0.0001
"""Seconds that a thread may have to wait for the interpreter. Whoever saves progress holds the lock of an embedded database
meanwhile: with Python's own 5 ms, posts waited for it half of the time."""

FAREWELL = 10.0
"""Seconds in which it ends after its parent is gone, whatever it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Deliver until told to stop; return the exit status."""
    parent = int(os.environ.get(PARENT_VARIABLE, "0"))
    try:
        return run(tuple(sys.argv[1:] if arguments is None else arguments), parent=parent)
    except ConfigurationError as error:
        tell(PROGRAM, error)
        return 1
    except KeyboardInterrupt:
        return 0


def run(arguments: tuple[str, ...], *, parent: int) -> int:
    """Deliver; ``parent``: the service that it belongs to, whose arguments it has; 0 where it runs alone."""
    prog = SERVER if parent else PROGRAM
    conf = config.load(arguments, prog=prog, checks=deploy.checks(serves_transport=False))
    if not conf.notification.enabled:
        raise ConfigurationError("[notification] enabled is false: nothing is to be delivered.")
    started = deploy.start(conf)
    sys.setswitchinterval(SWITCH)
    raise_limit()  # a connection to each of many receivers is a file
    delivering = deploy.Delivering(conf)
    signal.signal(signal.SIGTERM, lambda _number, _frame: delivering.stop())
    signal.signal(signal.SIGUSR2, lambda _number, _frame: _report(conf, delivering))
    if parent:
        for number in (signal.SIGINT, signal.SIGHUP):  # from a terminal, which are for the parent
            signal.signal(number, signal.SIG_IGN)
        end_with_parent(parent, graceful_timeout=FAREWELL)
    else:
        signal.signal(signal.SIGINT, lambda _number, _frame: delivering.stop())
        print(f"{PROGRAM}; {deploy.describe(conf)}", flush=True)
        for sentence in started.notes:
            LOG.warning("%s", sentence)
    delivering.run()
    return 0


def _report(conf: config.Options, delivering: deploy.Delivering) -> None:
    """Tell the state of the deliveries; the parent has told the rest, where there is one (storage R9.1.5)."""
    if PARENT_VARIABLE not in os.environ:
        write_report(conf)
    print(f"== Notifier ==\n{delivering.report()}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
