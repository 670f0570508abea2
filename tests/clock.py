"""Time that tests move by hand."""

from datetime import UTC, datetime

MICROSECONDS = 1_000_000


class MovableClock:
    """A clock that stands still until it is moved; safe to be read from any thread."""

    def __init__(self, microseconds: int = 1_800_000_000 * MICROSECONDS) -> None:
        self._microseconds = microseconds

    def microseconds(self) -> int:
        """Return the UTC time as microseconds since 1970."""
        return self._microseconds

    def now(self) -> int:
        """Return the UTC time as whole seconds since 1970."""
        return self._microseconds // MICROSECONDS

    def text(self, later: int = 0) -> str:
        """Return the time so many seconds from now as the API shows it (http Q-23)."""
        return datetime.fromtimestamp(self.now() + later, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def move(self, seconds: float) -> None:
        """Go forward, or back where ``seconds`` is negative."""
        self._microseconds += round(seconds * MICROSECONDS)
