"""``zaqar-server --check-config``: what a start would say of the configuration, and whether it would start."""

from zaqar import config
from zaqar.policies import Policy


def tell(reading: config.Reading) -> int:
    """Write what is refused and what is only warned of, a line each; return the exit status, 1 for what is refused."""
    for sentence in reading.refusals:
        print(f"refused: {sentence}")
    for sentence in _warnings(reading):
        print(f"warning: {sentence}")
    if reading.refusals:
        print(f"The service would not start with this configuration; refused: {len(reading.refusals)}.")
        return 1
    print("The service would be started with this configuration.")
    return 0


def _warnings(reading: config.Reading) -> list[str]:
    if not reading.is_read:
        return []
    lines = config.warnings(reading.conf)
    others = config.sections_of_others(reading.conf)
    if others:
        lines.append(f"Nothing in this service reads these sections of libraries: {', '.join(others)}.")
    return lines if reading.refusals else [*lines, *Policy(reading.conf).notes]
