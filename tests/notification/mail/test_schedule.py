"""When a mail is tried again (notifications N-31, N-45)."""

import msgspec
import pytest

from tests.mail_sink import running_sink
from zaqar.notification.mail.address import NOBODY
from zaqar.notification.mail.settings import Encryption, MailSettings, Server, Template
from zaqar.storage import ids

TEMPLATE = Template(subject="", sender=NOBODY, body="")


@pytest.fixture
def sink():
    with running_sink() as sink:
        yield sink


def _mail(port):
    server = Server(host="127.0.0.1", port=port, encryption=Encryption.NONE)
    return MailSettings(server=server, confirmation=TEMPLATE, farewell=TEMPLATE)


def _confirmed(world, **options):
    made = world.subscribe("mailto:a@b", ttl=30 * 86_400, **options)
    new = msgspec.structs.replace(made, is_confirmed=True)
    world.store.subscriptions.replace(world.queue, old=made, new=new)
    return world.store.subscriptions.get(world.queue, ids.parse_id(made.id))


def _failing(world, whom):
    found = world.standing(whom).progress.failing
    return found[0] if found else None


def test_it_has_a_schedule_of_its_own_until_its_message_ends(still_world, sink):
    whom = _confirmed(still_world, _retry_policy={"retries_with_no_delay": 9})
    sink.to_mail = lambda _: "450 4.2.1 later"
    still_world.post(b"1", ttl=7200)
    waits = []

    with still_world.notifier(mail=_mail(sink.port)):
        for attempts in (1, 2, 3):
            still_world.wait_until(
                lambda n=attempts: (f := _failing(still_world, whom)) is not None and f.attempts == n
            )
            waits.append(_failing(still_world, whom).next_ms / 1000 - still_world.clock.now())
            still_world.clock.move(round(waits[-1] + 1))

    for waited, least in zip(waits, (5, 30, 60), strict=True):
        assert least <= waited <= least * 1.1


def test_a_server_that_lets_nobody_in_costs_no_attempt(still_world, sink):
    whom = _confirmed(still_world)
    sink.to_sender = lambda _: "530 5.7.0 log in"
    still_world.post(b"1")

    with still_world.notifier(mail=_mail(sink.port)):
        still_world.wait_until(lambda: _failing(still_world, whom) is not None)
        failing = _failing(still_world, whom)
        sink.to_sender = lambda _: "250 OK"
        still_world.clock.move(60)
        still_world.wait_until(lambda: sink.mails)

    assert (failing.attempts, failing.answer) == (0, "status 530 5.7.0")


def test_what_is_refused_for_good_is_given_up_at_once(still_world, sink):
    whom = _confirmed(still_world)
    sink.to_recipient = lambda _: "550 5.1.1 unknown"
    still_world.post(b"1")

    with still_world.notifier(mail=_mail(sink.port)):
        still_world.wait_until(lambda: still_world.standing(whom).progress.given_up)

    (outcome,) = still_world.standing(whom).progress.outcomes
    assert (outcome.is_delivered, outcome.attempts, outcome.reason) == (False, 1, "status 550 5.1.1")


def test_an_address_that_has_not_agreed_gets_nothing(still_world, sink):
    """N-8"""
    whom = still_world.subscribe("mailto:a@b")
    still_world.post(b"1")

    with still_world.notifier(mail=_mail(sink.port)):
        still_world.wait_until(lambda: still_world.standing(whom).pending == 0)

    assert sink.mails == []
