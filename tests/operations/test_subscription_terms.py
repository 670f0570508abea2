"""What a subscription may be (http S-5 to S-11, notifications N-14 to N-18)."""

import pytest

from tests.builders import queue_key
from zaqar.errors import Invalid
from zaqar.limits import LAST_SECOND, MOST_OPTIONS, Limits
from zaqar.operations.subscription_terms import KindRule, Terms

NOW = 1_800_000_000


SOURCE = queue_key(name="source")


def _refuse(subscriber, options, source):
    raise Invalid(f"{subscriber} with {options} is not allowed for {source.name}.")


def _allow(subscriber, options, source):
    pass


def terms(*types, parse=_allow, **limits):
    limits = Limits(subscriber_types=types or Limits().subscriber_types, **limits)
    kinds = {
        "http": KindRule(parse),
        "https": KindRule(_allow),
        "queue": KindRule(_allow, can_be_asked=False),
        "mailto": KindRule(_allow, is_always_asked=True),
    }
    return Terms(limits=limits, now=lambda: NOW, kinds=kinds)


@pytest.mark.parametrize("uri", ["http://a", "https://a/b?c#d", "HTTP://a", "HttpS://a", "http:", "https://ü/\u2028"])
def test_a_webhook_is_taken_as_it_is(uri):
    """http S-8"""
    assert terms().subscriber(uri) == uri


@pytest.mark.parametrize("uri", ["trust+http://a", "TRUST+https://a"])
def test_a_type_of_which_no_kind_is_installed_is_refused(uri):
    with pytest.raises(Invalid, match=r"no subscribers of the type trust\+http"):
        terms().subscriber(uri)


@pytest.mark.parametrize("uri", ["fake", "email://fake", "://a", " http://a", "ftp:a", "http//a", "\x00"])
def test_other_types_are_refused(uri):
    """http S-8"""
    with pytest.raises(Invalid, match="must be supported in the list"):
        terms().subscriber(uri)


def test_the_operator_tells_which_types_there_may_be():
    """http S-8, notifications N-11"""
    assert terms("HTTPS").subscriber("https://a") == "https://a"
    with pytest.raises(Invalid, match="must be supported in the list https"):
        terms("https").subscriber("http://a")
    with pytest.raises(Invalid, match="no subscribers of the type gopher"):
        terms("gopher").subscriber("gopher://a")


@pytest.mark.parametrize("subscriber", ["", 1, [], {}, True, 1.5, ["http://a"]])
def test_a_subscriber_is_a_text(subscriber):
    """http S-11, O-40"""
    with pytest.raises(Invalid, match="must be a URI"):
        terms().subscriber(subscriber)


def test_without_a_subscriber_the_parameter_is_missing():
    """http S-7"""
    with pytest.raises(Invalid, match="Missing parameter"):
        terms().subscriber(None)


def test_the_kind_of_a_subscriber_may_refuse_it_with_its_options():
    """notifications N-77"""
    strict = terms(parse=_refuse)

    strict.check(SOURCE, "https://a", {})
    with pytest.raises(Invalid, match=r"HTTP://a with .* is not allowed for source"):
        strict.check(SOURCE, "HTTP://a", {"a": 1})


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"_dead_letter_queue": 1}, "_dead_letter_queue must be the name of a queue"),
        ({"_dead_letter_queue": "no/name"}, "_dead_letter_queue: Queue names are"),
        ({"_dead_letter_queue": ""}, "_dead_letter_queue: Queue names are"),
        ({"_dead_letter_queue": "source"}, "_dead_letter_queue must name another queue"),
        ({"_dead_letter_queue_messages_ttl": 59}, "_dead_letter_queue_messages_ttl must be between 60"),
        ({"_dead_letter_queue_messages_ttl": "60"}, "_dead_letter_queue_messages_ttl must be an integer"),
    ],
)
def test_a_place_for_dead_letters_is_checked_as_that_of_a_queue(options, refusal):
    """http Q-14, S-9"""
    with pytest.raises(Invalid, match=refusal):
        terms().check(SOURCE, "http://a", options)


def test_dead_letters_go_to_any_other_queue():
    """http Q-14, S-9"""
    terms().check(SOURCE, "http://a", {"_dead_letter_queue": "dead", "_dead_letter_queue_messages_ttl": 60})
    terms().check(SOURCE, "http://a", {"_dead_letter_queue": None, "_dead_letter_queue_messages_ttl": None})
    topic = queue_key(name="source", kind="topic")
    terms().check(topic, "http://a", {"_dead_letter_queue": "source"})


def test_a_subscriber_whose_kind_is_gone_keeps_its_subscription():
    terms().check(SOURCE, "gopher://a", {})


@pytest.mark.parametrize(
    ("subscriber", "always", "required"),
    [("http://a", False, True), ("queue:a", False, False), ("MailTo:a@b", True, True), ("gopher://a", False, True)],
)
def test_whether_a_subscriber_has_to_agree_is_the_operators_to_say_but_for_some_kinds(subscriber, always, required):
    assert terms().has_to_agree(subscriber) is always
    assert terms(require_confirmation=True).has_to_agree(subscriber) is required


@pytest.mark.parametrize(("ttl", "expected"), [(None, 3600), (60, 60), (LAST_SECOND - NOW, LAST_SECOND - NOW)])
def test_a_ttl_reaches_from_a_minute_to_the_end_of_the_calendar(ttl, expected):
    """http S-10, notifications N-67"""
    assert terms().ttl(ttl) == expected


@pytest.mark.parametrize("ttl", [59, 0, -1, LAST_SECOND - NOW + 1, 2**63 - 1])
def test_a_ttl_beyond_is_refused(ttl):
    """http S-10, O-39"""
    with pytest.raises(Invalid):
        terms().ttl(ttl)


@pytest.mark.parametrize("ttl", ["60", 60.0, True, [], {}])
def test_a_ttl_is_an_integer(ttl):
    """http S-10"""
    with pytest.raises(Invalid, match="must be an integer"):
        terms().ttl(ttl)


@pytest.mark.parametrize("options", [None, [], {}])
def test_no_options_are_none(options):
    """http O-46, notifications N-66"""
    assert terms().options(options) == {}


@pytest.mark.parametrize("options", ["a", 1, True, ["a"], 0, ""])
def test_options_are_an_object(options):
    """http S-9"""
    with pytest.raises(Invalid, match="must be a dict"):
        terms().options(options)


def test_options_are_bounded():
    around = len('{"a":""}')

    assert terms().options({"a": "x" * (MOST_OPTIONS - around)})
    with pytest.raises(Invalid, match=str(MOST_OPTIONS)):
        terms().options({"a": "x" * (MOST_OPTIONS - around + 1)})
    with pytest.raises(Invalid, match=str(MOST_OPTIONS)):
        terms().options({"a": "é" * ((MOST_OPTIONS - around) // 2 + 1)})


@pytest.mark.parametrize(
    "options",
    [
        {"post_data": "$zaqar_message$"},
        {"post_headers": {}},
        {"post_headers": {"X-Project-ID": "p", "content-type": "text/plain", "x_y.z": ""}},
        {"_retry_policy": {}},
        {"_retry_policy": None},
        {"from": 1, "anything": [None, {"a": 1.5}]},
    ],
)
def test_options_are_stored_as_they_are(options):
    """notifications N-14, N-18, N-28"""
    assert terms().options(options) == options


@pytest.mark.parametrize("data", [None, 1, {}, [], True])
def test_post_data_is_a_text(data):
    """notifications N-18"""
    with pytest.raises(Invalid, match="post_data"):
        terms().options({"post_data": data})


@pytest.mark.parametrize("headers", [None, "a", [], {"a": 1}, {"a": None}, {"a": ["b"]}, 1])
def test_post_headers_are_an_object_of_texts(headers):
    """notifications N-18"""
    with pytest.raises(Invalid, match="post_headers"):
        terms().options({"post_headers": headers})


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a b",
        "a:",
        "é",
        "a\r\nb",
        "a\n",
        "a\x00",
        "(a)",
        "Host",
        "HOST",
        "content-length",
        "Transfer-Encoding",
        "Connection",
        "webhook-id",
        "Webhook-Signature",
        "webhook-timestamp",
        "WEBHOOK-x",
        "webhook-",
    ],
)
def test_a_header_that_cannot_be_set_is_refused(name):
    """notifications N-14"""
    with pytest.raises(Invalid, match="post_headers"):
        terms().options({"post_headers": {"fine": "a", name: "a"}})


@pytest.mark.parametrize("value", ["a\r\nb", "\r", "\n", "a\x00", "\x1b", "\x7f"])
def test_a_header_has_no_control_characters(value):
    """notifications N-14"""
    with pytest.raises(Invalid, match="control character"):
        terms().options({"post_headers": {"a": value}})


def test_a_retry_policy_is_checked_as_that_of_a_queue():
    """http Q-16, S-9"""
    with pytest.raises(Invalid, match="minimum_delay of _retry_policy"):
        terms().options({"_retry_policy": {"minimum_delay": -1}})
