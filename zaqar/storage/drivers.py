"""Which drivers are installed, by name and by URI."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any
from urllib.parse import urlsplit

from zaqar.errors import ConfigurationError
from zaqar.storage.driver import Driver, Role

_GROUPS: dict[Role, str] = {"message_store": "zaqar.storage.message", "management_store": "zaqar.storage.management"}


def names(role: Role) -> list[str]:
    """Return the names of the drivers that are installed for a role."""
    return sorted({point.name for point in entry_points(group=_GROUPS[role])})


def named(role: Role, name: str) -> Driver[Any]:
    """Return the driver of a name. Raises ``ConfigurationError``, also where its client library is not installed."""
    found = tuple(entry_points(group=_GROUPS[role], name=name))
    if not found:
        raise ConfigurationError(
            f"[drivers] {role} names no installed driver: {name}. Installed: {', '.join(names(role))}."
        )
    return _loaded(role, found[0])


def for_uri(role: Role, uri: str) -> Driver[Any]:
    """Return the driver that serves URIs of this scheme. Raises ``ConfigurationError``."""
    scheme = _scheme(uri)
    without_library: list[ConfigurationError] = []
    for point in entry_points(group=_GROUPS[role]):
        try:
            driver = _loaded(role, point)
        except ConfigurationError as error:
            without_library.append(error)
            continue
        if driver.schemes & {scheme, scheme.partition("+")[0]}:
            return driver
    missing = " ".join(str(error) for error in without_library)
    # Not the URI itself: it may hold a password.
    raise ConfigurationError(
        f"No installed driver of a {role} serves URIs that begin with {scheme}://. {missing}".strip()
    )


def _loaded(role: Role, point: EntryPoint) -> Driver[Any]:
    try:
        driver: Driver[Any] = point.load()
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        sentence = f"[drivers] {role} = {point.name} needs the Python package {package}, which is not installed"
        is_ours = point.value.startswith("zaqar.storage.")
        extra = (
            f": install the service with the extra {point.name}, as in pip install '.[{point.name}]'" if is_ours else ""
        )
        raise ConfigurationError(f"{sentence}{extra}.") from error
    if not isinstance(driver, Driver):
        raise ConfigurationError(f"[drivers] {role} = {point.name} is no driver: {point.value} must be a Driver.")
    return driver


def _scheme(uri: str) -> str:
    try:
        return urlsplit(uri).scheme
    except ValueError:
        return uri.partition("://")[0]
