"""``zaqar-gc``: reclaim at once what has expired, everywhere (storage R9.2.1)."""

import sys
from collections.abc import Sequence

from zaqar import config, deploy
from zaqar.errors import Error

PROGRAM = "zaqar-gc"


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep all stores until nothing is left to reclaim and return the exit status."""
    try:
        conf = config.load(sys.argv[1:] if arguments is None else arguments, prog=PROGRAM)
        config.check(conf, serves_transport=False)
        config.start_logging(conf)
        deploy.prepare(conf)
        service = deploy.service(conf)
        try:
            reclaimed = _sweep_all(service)
        finally:
            service.close()
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
