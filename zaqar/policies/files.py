"""The operator's policy files: where they are, whether they changed, what they say."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from zaqar.errors import ConfigurationError, refuse_together

Check = str | list[Any]
"""A rule as written: text, or the older form, lists of lists."""
Version = tuple[tuple[str, int, int, int, int], ...]


def policy_files(conf: cfg.ConfigOpts) -> list[Path]:
    """Return the files that there are, in the order in which they override one another.

    Raises ``ConfigurationError`` when the operator named a policy file that does not exist: going on with the default
    rules would open what the file was to close.
    """
    files = []
    main = conf.find_file(conf.oslo_policy.policy_file)
    if main:
        files.append(Path(main))
    elif not _is_default(conf, "policy_file"):
        raise ConfigurationError(
            f"The policy file {conf.oslo_policy.policy_file} does not exist: make it, or remove "
            "[oslo_policy] policy_file."
        )
    for name in conf.oslo_policy.policy_dirs:
        folder = conf.find_file(name)
        if folder:
            files.extend(sorted(path for path in _entries(Path(folder)) if not path.name.startswith(".")))
    return files


def version(files: Sequence[Path]) -> Version:
    """Return what changes when any of the files does."""
    states = []
    for path in files:
        try:
            state = path.stat()
        except OSError as error:
            raise _unreadable(path, error) from error
        # The time of the last change of state tells of permissions and renames, too.
        states.append((str(path), state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino))
    return tuple(states)


def read(files: Sequence[Path]) -> dict[str, Check]:
    """Return the rules that the files set, the later ones winning. Raises ``ConfigurationError`` for all that are wrong."""
    rules: dict[str, Check] = {}
    refuse_together(*(functools.partial(_read_one, path, rules) for path in files))
    return rules


def _read_one(path: Path, rules: dict[str, Check]) -> None:
    try:
        document: Any = policy.parse_file_contents(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise ConfigurationError(f"The policy file {path} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(document, dict):
        raise ConfigurationError(f"The policy file {path} is not a map of rule names to rules.")
    wrong = [name for name, check in document.items() if not (isinstance(name, str) and isinstance(check, str | list))]
    if wrong:
        raise ConfigurationError(
            *(f"The policy file {path} has at {name!r} something that is no rule." for name in wrong)
        )
    rules.update(document)


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"The policy file {path} cannot be read: {error.strerror}.")


def _is_default(conf: cfg.ConfigOpts, name: str) -> bool:
    location = conf.get_location(name, "oslo_policy")
    return location is None or location.location is cfg.Locations.opt_default
