"""Links to the page on which subscribers confirm that are good no more, or never were (http section 9.8)."""

import logging

import pytest

from tests.api.links import REQUIRED, Page, linked, opened, path_of, wrong_links
from tests.api.notified import notified
from tests.api.signed import KEY
from tests.api.subscribed import HOOK, change, subscribed
from zaqar.errors import Unavailable
from zaqar.storage.sql.messages.subscriptions import QueueSubscriptions


@pytest.fixture
def service(tmp_path, clock):
    with notified(tmp_path, clock, f"{KEY}{REQUIRED}") as made:
        yield made


def test_a_link_whose_time_is_over_says_so(service, clock):
    """S-61"""
    made = subscribed(service.client, ttl=600)
    change(service.client, made, ttl=6000)
    link = linked(service.client.project, path_of(made), clock.now() + 600)
    clock.move(600)

    page = Page(opened(service.client, link))

    assert page.status == 410
    assert page.text.startswith("The time of this link is over")
    assert made not in page.answer.data.decode()


@pytest.mark.parametrize("wrong", wrong_links("p", path_of("x"), 1))
def test_a_link_that_is_wrong_tells_nothing_of_what_there_is(service, clock, wrong):
    """S-61: least of all that there is a subscription."""
    made = subscribed(service.client, ttl=600)
    link = wrong_links(service.client.project, path_of(made), clock.now() + 600)[wrong]
    bare = opened(service.client, "/confirm")

    answer = opened(service.client, link)

    assert Page(answer).text.startswith("This link leads nowhere")
    assert (answer.status, answer.data) == (404, bare.data)


def test_a_link_to_what_is_gone_or_was_sent_to_another_is_wrong(service, clock):
    """S-61"""
    made = subscribed(service.client, ttl=600)
    link = linked(service.client.project, path_of(made), clock.now() + 600)
    change(service.client, made, subscriber=f"{HOOK}/2")
    other = opened(service.client, link)
    service.client.ask("DELETE", f"/queues/q/subscriptions/{made}")

    gone = opened(service.client, linked(service.client.project, path_of(made), clock.now() + 599))

    assert other.status == gone.status == 404
    assert other.data == gone.data == opened(service.client, "/confirm").data


def test_nothing_is_looked_up_for_a_link_that_proves_nothing(service, clock, monkeypatch):
    """S-61"""
    made = subscribed(service.client, ttl=600)

    def touched(*_):
        raise AssertionError("a store was asked")

    monkeypatch.setattr(QueueSubscriptions, "get", touched)

    for wrong in ("a forged signature", "other methods", "a path above it"):
        assert opened(service.client, wrong_links(service.client.project, path_of(made), 1)[wrong]).status == 404
    assert opened(service.client, linked(service.client.project, path_of(made), clock.now())).status == 410


def test_without_a_key_every_link_is_wrong(tmp_path, clock):
    """S-61"""
    with notified(tmp_path, clock) as service:
        made = subscribed(service.client)
        link = linked(service.client.project, path_of(made), clock.now() + 600, secret="")

        assert opened(service.client, link).status == 404


def test_a_store_that_is_away_is_told_to_a_person(service, clock, monkeypatch, caplog):
    """S-61"""
    made = subscribed(service.client, ttl=600)

    def unavailable(*_):
        raise Unavailable("The database is locked.")

    monkeypatch.setattr(QueueSubscriptions, "get", unavailable)

    page = Page(opened(service.client, linked(service.client.project, path_of(made), clock.now() + 600)))

    assert (page.status, page.answer.headers["retry-after"]) == (503, "5")
    assert page.text.startswith("The service cannot tell just now")
    assert "locked" not in page.text
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "The database is locked." in record.getMessage()
