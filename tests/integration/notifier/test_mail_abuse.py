"""What a client cannot do to strangers by mail, on the real program (notifications N-61)."""

from tests.integration.notifier.test_mail import ADDRESS, house, sink  # noqa: F401 - the fixtures
from tests.integration.process import wait_until

STRANGER = "stranger@example.org"


def test_a_stranger_is_asked_few_times_however_many_subscriptions_name_him(house, sink):  # noqa: F811
    for number in range(20):
        house.subscribe(f"q{number}", f"mailto:{STRANGER}")
    house.subscribe("last", f"mailto:{ADDRESS}")
    wait_until(lambda: sink.to(ADDRESS), what="a question to somebody else")
    wait_until(lambda: len(sink.to(STRANGER)) >= 5, what="the first questions")

    assert len(sink.to(STRANGER)) <= 10
