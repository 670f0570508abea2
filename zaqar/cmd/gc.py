"""``zaqar-gc``: reclaim at once what has expired, everywhere (storage R9.2.1)."""

import logging
import sys
from collections.abc import Sequence

from zaqar import config, deploy
from zaqar.cmd.refusals import tell
from zaqar.errors import ConfigurationError, Error, Unavailable

PROGRAM = "zaqar-gc"
LOG = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep all stores until nothing is left to reclaim and return the exit status."""
    try:
        checks = deploy.checks(serves_transport=False)
        conf = config.load(sys.argv[1:] if arguments is None else arguments, prog=PROGRAM, checks=checks)
        deploy.start(conf)
        for sentence in config.unknown_settings(conf):  # the other notes are for whoever watches the service
            LOG.warning("%s", sentence)
        place = deploy.describe(conf)
        service = deploy.service(conf)
        try:
            reclaimed = _sweep_all(service)
        except Unavailable as error:
            print(f"{PROGRAM}: Nothing more is reclaimed, {place}: {error}", file=sys.stderr)
            return 1
        finally:
            service.close()
    except ConfigurationError as error:
        tell(PROGRAM, error)
        return 1
    except Error as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    print(f"{reclaimed} expired messages and claims reclaimed")
    return 0


def _sweep_all(service: deploy.Service) -> int:
    total = 0
    while batch := service.sweep():
        total += batch
    return total


if __name__ == "__main__":
    sys.exit(main())
