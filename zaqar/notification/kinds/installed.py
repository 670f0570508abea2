"""Which kinds of subscribers there are, by the scheme of their URIs."""

import functools
import inspect
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from zaqar.errors import ConfigurationError, refuse_together
from zaqar.notification.kinds.kind import SubscriberKind
from zaqar.notification.settings import NotifierSettings

GROUP = "zaqar.notification.kinds"


def installed(settings: NotifierSettings) -> dict[str, SubscriberKind]:
    """Return the kinds by scheme; schemes of one class have one kind. Raises ``ConfigurationError``."""
    classes = _classes(tuple(sys.path))
    made = {each: each(settings) for each in set(classes.values())}
    return {scheme: made[each] for scheme, each in classes.items()}


def check() -> None:
    """Refuse to start where one of them cannot be loaded. Raises ``ConfigurationError``."""
    _classes(tuple(sys.path))


def scheme_of(subscriber: str) -> str:
    """Return by what the kind of a subscriber is known."""
    return subscriber.partition(":")[0].lower()


# Looking for what is installed takes ten milliseconds, and every step of a start asks.
@functools.lru_cache(maxsize=1)
def _classes(path: tuple[str, ...]) -> Mapping[str, type[SubscriberKind]]:  # noqa: ARG001 - what is found depends on it
    found: dict[str, type[SubscriberKind]] = {}
    points: dict[str, EntryPoint] = {}

    def load(point: EntryPoint) -> None:
        other = points.setdefault(point.name, point)
        if other.value != point.value:
            raise ConfigurationError(
                f"Two kinds of subscribers are installed for {point.name}: {other.value} and {point.value}. Remove one."
            )
        found[point.name] = _loaded(point)

    refuse_together(*(functools.partial(load, point) for point in entry_points(group=GROUP)))
    return found


def _loaded(point: EntryPoint) -> type[SubscriberKind]:
    what = f"The kind of subscribers {point.name} ({point.value})"
    if point.name != point.name.lower():
        raise ConfigurationError(f"{what} must be named in lower case, as the scheme of its URIs.")
    try:
        kind = point.load()
    except (ImportError, AttributeError, SyntaxError) as error:
        raise ConfigurationError(f"{what} cannot be loaded: {error}.") from error
    except Exception as error:  # the edge of what others have written
        raise ConfigurationError(f"{what} cannot be loaded: {type(error).__name__}: {error}.") from error
    if not (inspect.isclass(kind) and issubclass(kind, SubscriberKind)) or inspect.isabstract(kind):
        raise ConfigurationError(f"{what} is none: it must be a subclass of SubscriberKind with parse and deliver.")
    return kind
