"""From option groups to the options of a store: its own group, else the other store's, else the default."""

import contextlib
import dataclasses
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_type_hints

from oslo_config import cfg

from zaqar.config.groups import Group, is_set
from zaqar.config.registry import GROUPS
from zaqar.config.values import Options, wrong_values_in
from zaqar.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Role = Literal["message_store", "management_store"]


Own = TypeVar("Own", bound="DataclassInstance")

_OPTIONS: Mapping[type, Callable[..., cfg.Opt]] = {
    str: cfg.StrOpt,
    bool: cfg.BoolOpt,
    int: cfg.IntOpt,
    float: cfg.FloatOpt,
}


def store_options(conf: Options, role: Role, name: str, kind: type[Own]) -> Own:
    """Return what the configuration says of a store, as the options of its driver, which has this name.

    A field that the groups have no option for keeps its default, unless a group says where else it comes from. A value
    that was refused leaves the default, too: nothing starts with it, but the others can be looked at. Raises
    ``ConfigurationError`` for values of a driver that is not the service's own.
    """
    own, other = (_group(conf, store, name, kind) for store in _both(role))
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        group = other if not is_set(conf, own, field.name) and is_set(conf, other, field.name) else own
        value = _value(conf, group, field.name)
        if value is not None:
            values[field.name] = value
    return kind(**values)


def _both(role: Role) -> tuple[Role, Role]:
    return ("message_store", "management_store") if role == "message_store" else ("management_store", "message_store")


def _value(conf: Options, group: Group, name: str) -> Any:
    """Return the value of an option, or what it is computed from where it is not given; None for neither."""
    value = None
    if name in {option.dest for option in group.options} - group.idle:
        with contextlib.suppress(cfg.ConfigSourceValueError):
            value = conf[group.name][name]
    if value in (None, "") and name in group.computed:
        return group.computed[name](conf)
    return value


def _group(conf: Options, role: Role, name: str, kind: type[Any]) -> Group:
    """Return the group of a driver's options in a role; made of the fields where the driver is not the service's own."""
    wanted = f"drivers:{role}:{name}"
    for group in GROUPS:
        if group.name == wanted:
            return group
    hints = get_type_hints(kind)
    options = [_option(field, hints[field.name]) for field in dataclasses.fields(kind)]
    foreign = Group(wanted, options)
    foreign.register(conf)
    if wrong := wrong_values_in(conf, wanted):
        raise ConfigurationError(*wrong)
    return foreign


def _option(field: "dataclasses.Field[Any]", hint: Any) -> cfg.Opt:
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not types.NoneType]
    make = _OPTIONS.get(kinds[0], cfg.StrOpt)
    default = None if field.default is dataclasses.MISSING else field.default
    return make(field.name, default=default, secret=field.name == "uri")
