"""Where clients reach the service, and the page to confirm: N-58, N-62."""

import logging

import pytest

from zaqar.notification.places import Places

ENDPOINTS = {"zaqar": "https://in-the-catalogue/v/", "zaqar-websocket": "wss://in-the-catalogue:9000"}


def test_what_the_operator_says_counts_before_the_catalogue():
    said = Places(public_url="https://said/m", endpoint=ENDPOINTS.get)
    found = Places(endpoint=ENDPOINTS.get)

    assert (said.endpoint("zaqar"), found.endpoint("zaqar")) == ("https://said/m", "https://in-the-catalogue/v/")
    assert said.endpoint("zaqar-websocket") == found.endpoint("zaqar-websocket") == "wss://in-the-catalogue:9000"


@pytest.mark.parametrize(
    ("places", "page"),
    [
        (Places(external_page="https://own/page", public_url="https://said"), "https://own/page"),
        (Places(public_url="https://said/m", endpoint=ENDPOINTS.get), "https://said/m/confirm"),
        (Places(endpoint=ENDPOINTS.get), "https://in-the-catalogue/v/confirm"),
    ],
)
def test_the_page_is_the_operators_own_or_that_of_the_service(places, page):
    assert places.page() == page


def test_where_nothing_tells_the_place_one_error_says_why(caplog):
    known = {}
    places = Places(endpoint=known.get)

    assert [places.page(), places.page()] == [None, None]

    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert all(name in record.getMessage() for name in ("public_url", "external_confirmation_url", "Keystone"))
    known.update(ENDPOINTS)
    assert places.page() == "https://in-the-catalogue/v/confirm"
