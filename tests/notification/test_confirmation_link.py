"""The link in a mail that asks a subscriber (notifications N-62)."""

from urllib.parse import parse_qsl, urlsplit

from zaqar.notification.confirmation import Asked
from zaqar.notification.confirmation_link import link


def asked(**changes):
    known = {
        "message_type": "SubscriptionConfirmation",
        "message": "",
        "signature": "ab12",
        "methods": "PUT",
        "paths": "/v2/queues/q/subscriptions/1/confirm",
        "project": "a project & more",
        "expires": "2030-01-01T00:00:00",
        "queue_name": "q",
        "subscribe_body": {"confirmed": True},
        "unsubscribe_body": {"confirmed": False},
    }
    return Asked(**known | changes)


def test_it_has_what_is_to_be_confirmed_in_this_order():
    assert link("https://a/confirm", asked()) == (
        "https://a/confirm?Signature=ab12&Methods=PUT&Paths=%2Fv2%2Fqueues%2Fq%2Fsubscriptions%2F1%2Fconfirm"
        "&Project=a%20project%20%26%20more&Expires=2030-01-01T00%3A00%3A00&Url=&Queue=q"
    )


def test_it_has_the_address_of_the_service_where_that_is_known():
    query = urlsplit(link("https://a", asked(wsgi_url="https://zaqar:8888/v2/x?y"))).query

    assert dict(parse_qsl(query))["Url"] == "https://zaqar:8888/v2/x?y"


def test_a_page_may_have_a_query_of_its_own():
    assert link("https://a/?lang=de", asked()).startswith("https://a/?lang=de&Signature=ab12&")


def test_any_project_can_stand_in_it():
    assert link("https://a", asked(project="ü\ud800\n")).isascii()
