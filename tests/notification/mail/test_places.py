"""A mail server that is slow takes no places of those who have nothing to do with it (notifications N-45)."""

import msgspec

from tests.mail_sink import running_sink
from tests.notification.mail.test_schedule import TEMPLATE
from tests.notification.receiver import Receiver
from zaqar.notification.mail.settings import Encryption, MailSettings, Server


def _confirmed(world, number):
    made = world.subscribe(f"mailto:a{number}@b", ttl=86_400)
    world.store.subscriptions.replace(world.queue, old=made, new=msgspec.structs.replace(made, is_confirmed=True))


def test_a_mail_server_that_hangs_leaves_places_to_webhooks_though_it_was_known_to_answer(world):
    with running_sink() as sink, Receiver() as receiver:
        server = Server(host="127.0.0.1", port=sink.port, encryption=Encryption.NONE)
        mail = MailSettings(server=server, confirmation=TEMPLATE, farewell=TEMPLATE, most_at_a_time=1)
        for number in range(10):
            _confirmed(world, number)
        world.post(b'"first"')
        with world.notifier(mail=mail, max_workers=4, grace=0.01):
            world.wait_until(lambda: len(sink.mails) == 10)
            sink.to_mail = lambda _: None
            world.post(b'"second"')
            world.subscribe(receiver.url("/well"))
            world.post_numbers(20)
            receiver.wait_for(20)

    assert len(sink.mails) == 10


def test_all_mails_arrive_though_few_places_are_theirs(world):
    with running_sink() as sink:
        server = Server(host="127.0.0.1", port=sink.port, encryption=Encryption.NONE)
        mail = MailSettings(server=server, confirmation=TEMPLATE, farewell=TEMPLATE, most_at_a_time=2)
        for number in range(30):
            _confirmed(world, number)
        world.post_numbers(4)
        with world.notifier(mail=mail, max_workers=6):
            world.wait_until(lambda: len(sink.mails) == 120)
