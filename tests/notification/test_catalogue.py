"""What Keystone's catalogue says: N-58, N-77."""

import pytest

from zaqar.errors import Unavailable
from zaqar.notification.catalogue import RENEWED, UNTIL_ANSWERED, Catalogue

ENTRIES = [
    {
        "name": "zaqar",
        "endpoints": [
            {"interface": "internal", "url": "http://10.0.0.5:8888"},
            {"interface": "public", "url": "https://Messages.example.org/v"},
        ],
    },
    {"name": "heat", "endpoints": [{"interface": "admin", "url": "http://heat.internal:8004/v1"}]},
    {"type": "nameless"},
]


def test_endpoints_are_the_public_ones_and_hosts_those_of_all():
    catalogue = Catalogue(lambda: ENTRIES)

    assert catalogue.renew() == RENEWED

    assert catalogue.endpoint("zaqar") == "https://Messages.example.org/v"
    assert catalogue.endpoint("heat") is None
    assert catalogue.endpoint("zaqar-websocket") is None
    assert all(map(catalogue.has_host, ["10.0.0.5", "messages.example.org", "MESSAGES.example.org", "heat.internal"]))
    assert not catalogue.has_host("other.internal")


def test_what_is_known_stays_while_keystone_is_away_which_is_said_once(caplog):
    answers = [ENTRIES, Unavailable("Away."), Unavailable("Away."), ENTRIES]

    def ask():
        answer = answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    catalogue = Catalogue(ask)
    waits = [catalogue.renew() for _ in range(4)]

    assert waits == [RENEWED, UNTIL_ANSWERED, UNTIL_ANSWERED, RENEWED]
    assert catalogue.has_host("heat.internal")
    assert caplog.text.count("Away. It is asked again.") == 1


def test_a_mistake_is_left_to_the_task():
    def ask():
        raise TypeError

    with pytest.raises(TypeError):
        Catalogue(ask).renew()


def test_who_has_nothing_in_the_background_asks_when_it_is_time_to():
    time = [0.0]
    answers = [Unavailable("Away."), ENTRIES, ENTRIES]

    def ask():
        answer = answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    catalogue = Catalogue(ask, monotonic=lambda: time[0])

    assert not catalogue.finds_host("10.0.0.5")
    assert not catalogue.finds_host("10.0.0.5")
    time[0] += UNTIL_ANSWERED
    assert catalogue.finds_host("10.0.0.5")
    assert not catalogue.finds_host("10.0.0.6")
    assert len(answers) == 1
    time[0] += RENEWED
    assert catalogue.finds_host("heat.internal")
    assert answers == []
