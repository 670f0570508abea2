"""Every statement of the SQL driver, found by walking its modules."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

from zaqar.storage import sql
from zaqar.storage.sql.statement import CHUNK, Statement, StatementForMany


def all_statements() -> dict[str, Statement]:
    """Return the statements by module and name; those about many rows, about as many as there may be."""
    return {name: found.of(CHUNK) if isinstance(found, StatementForMany) else found for name, found in _found()}


def parameters_of(text: str) -> dict[str, None] | list[None]:
    """Return a value for each parameter, by name or by position."""
    names = re.findall(r":(\w+)", text)
    return dict.fromkeys(names) if names else [None] * text.count("?")


def _found() -> Iterator[tuple[str, Statement | StatementForMany]]:
    prefix = f"{sql.__name__}."
    for module in pkgutil.walk_packages(sql.__path__, prefix):
        if module.ispkg or module.name.startswith(f"{prefix}migrations."):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if name.isupper():
                yield from _in(value, f"{module.name.removeprefix(prefix)}.{name}")


def _in(value: Any, name: str) -> Iterator[tuple[str, Statement | StatementForMany]]:
    """Return what a constant holds: a statement, or a table of statements."""
    if isinstance(value, (Statement, StatementForMany)):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _in(item, f"{name}[{key}]")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _in(item, f"{name}[{index}]")
