"""What the two groups of the redis driver say, and which wins."""

import dataclasses

import pytest

from zaqar import config
from zaqar.errors import ConfigurationError
from zaqar.storage.redis import DRIVER

BOTH = ("message_store", "management_store")
DEFAULTS = {
    "uri": "redis://127.0.0.1:6379",
    "max_reconnect_attempts": 10,
    "reconnect_sleep": 1.0,
    "retry_deadline": 10.0,
    "socket_timeout": 1.0,
    "max_connections": 64,
}


def _options(conf, store):
    return dataclasses.asdict(config.store_options(conf, store, DRIVER.name, DRIVER.options))


@pytest.mark.parametrize("store", BOTH)
def test_nothing_set_is_the_server_of_this_machine(written, store):
    assert _options(written(), store) == DEFAULTS


@pytest.mark.parametrize("given", BOTH)
def test_what_one_group_leaves_out_is_taken_from_the_other(written, given):
    conf = written(f"[drivers:{given}:redis]\nuri = redis://h/2\nsocket_timeout = 3\n")

    for store in BOTH:
        assert _options(conf, store) == DEFAULTS | {"uri": "redis://h/2", "socket_timeout": 3.0}


def test_what_both_groups_set_stays_apart(written):
    conf = written(
        "[drivers:message_store:redis]\nuri = redis://a\nmax_connections = 3\n"
        "[drivers:management_store:redis]\nuri = redis://b\n"
    )

    chosen = [_options(conf, store) for store in BOTH]

    assert [options["uri"] for options in chosen] == ["redis://a", "redis://b"]
    assert [options["max_connections"] for options in chosen] == [3, 3]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_reconnect_attempts", "-1"),
        ("reconnect_sleep", "-0.1"),
        ("reconnect_sleep", "inf"),
        ("retry_deadline", "-1"),
        ("retry_deadline", "soon"),
        ("retry_deadline", "nan"),
        ("socket_timeout", "0"),
        ("max_connections", "0"),
    ],
)
def test_a_value_that_cannot_be_obeyed_is_refused_by_name(written, option, value):
    with pytest.raises(ConfigurationError, match=option):
        written(f"[drivers:message_store:redis]\n{option} = {value}\n")


def test_options_in_use_give_no_warning(written):
    text = "[drivers]\nmessage_store = redis\n[drivers:message_store:redis]\nmax_reconnect_attempts = 3\n"

    assert config.warnings(written(text)) == []
