"""Where clients reach the service, and the links to confirm: N-58, N-62."""

import logging
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.builders import queue_key
from tests.clock import MovableClock
from tests.notification.builders import subscription
from zaqar.models import Question
from zaqar.notification.confirmation import Confirmations
from zaqar.notification.places import Places, confirmation_link
from zaqar.signing import Signer

ENDPOINTS = {"zaqar": "https://in-the-catalogue/v/", "zaqar-websocket": "wss://in-the-catalogue:9000"}


def asked(name="orders", project="p1", **where):
    confirmations = Confirmations(signer=Signer(["s3cret"], MovableClock()), **where)
    queue = queue_key(project=project, name=name)
    return confirmations.asked(queue, subscription(id="ab12"), Question("SubscriptionConfirmation", 1_800_003_600))


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


def test_a_link_has_what_is_signed_in_the_order_that_pages_know():
    question = asked(project="é &+%", endpoint=Places(public_url="https://said/m").endpoint)

    link = confirmation_link("https://own/page", question)

    assert link.startswith("https://own/page?Signature=")
    assert " " not in link
    assert parse_qsl(urlsplit(link).query, keep_blank_values=True) == [
        ("Signature", question.signature),
        ("Methods", "PUT"),
        ("Paths", "/v2/queues/orders/subscriptions/ab12/confirm"),
        ("Project", "é &+%"),
        ("Expires", "2027-01-15T09:00:00"),
        ("Url", "https://said/m/v2/queues/orders/subscriptions/ab12/confirm"),
        ("Queue", "orders"),
    ]
    assert "&Url=&Queue=" in confirmation_link("https://own/page", asked())
