"""Kinds of subscribers: how they are found, and one that exists only here (notifications N-11, N-12)."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from tests.elsewhere.installing import install_kinds
from tests.notification.receiver import Receiver
from tests.notification.test_who_is_told import END, ask, asked_as, confirm
from zaqar import config, deploy
from zaqar.errors import ConfigurationError, Invalid
from zaqar.notification.kinds.installed import installed, scheme_of
from zaqar.notification.kinds.kind import Answer, SubscriberKind
from zaqar.notification.kinds.webhooks import Webhooks
from zaqar.notification.settings import NotifierSettings

FILES = {"file": "tests.elsewhere.kind:Files"}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return a folder that is on Python's path."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_schemes_of_one_class_have_one_kind():
    kinds = installed(NotifierSettings())

    assert type(kinds["http"]) is Webhooks
    assert kinds["http"] is kinds["https"]


@pytest.mark.parametrize(("subscriber", "scheme"), [("HTTP://a", "http"), ("queue:a:b", "queue"), ("", "")])
def test_a_kind_is_known_by_the_scheme_whatever_the_case(subscriber, scheme):
    """notifications N-11"""
    assert scheme_of(subscriber) == scheme


def test_a_kind_of_somebody_else_refuses_and_delivers(site, memory_world, tmp_path):
    install_kinds(site, FILES)
    world, _ = memory_world
    path = tmp_path / "lines"
    path.touch()

    world.subscribe(f"FILE://{path}")
    world.subscribe(f"file://{path}.missing")
    world.post(b"1", ttl=60)
    with world.notifier(require_confirmation=True) as notifier:
        world.wait_until(lambda: notifier.counts().delivered == 1)
        world.wait_until(lambda: notifier.counts().given_up == 1)

    assert json.loads(path.read_bytes()) == {
        "body": 1,
        "ttl": 60,
        "Message_Type": "Notification",
        "queue_name": world.queue.name,
    }
    assert notifier.counts().failed_attempts == 3
    with pytest.raises(Invalid):
        installed(NotifierSettings())["file"].parse("file:here", {}, world.queue)


@pytest.mark.parametrize(
    ("points", "refusal"),
    [
        ({"fax": "tests.elsewhere.missing:Fax"}, r"fax \(tests\.elsewhere\.missing:Fax\) cannot be loaded"),
        ({"fax": "tests.elsewhere.kind:Fax"}, r"fax \(tests\.elsewhere\.kind:Fax\) cannot be loaded"),
        ({"fax": "tests.elsewhere.kind:Path"}, "fax .* must be a subclass of SubscriberKind"),
        ({"fax": "zaqar.notification.kinds.kind:SubscriberKind"}, "fax .* with parse and deliver"),
        ({"fax": "tests.elsewhere.mistaken:Fax"}, r"fax .* cannot be loaded: RuntimeError: no line"),
        ({"FAX": "tests.elsewhere.kind:Files"}, "FAX .* in lower case"),
        ({"http": "tests.elsewhere.kind:Files"}, "Two kinds of subscribers are installed for http: "),
    ],
)
def test_a_kind_that_cannot_be_ends_the_start_and_is_named(site, tmp_path, points, refusal):
    install_kinds(site, points)
    (tmp_path / "zaqar.conf").write_text("")

    with pytest.raises(ConfigurationError, match=refusal):
        config.load(files=[str(tmp_path / "zaqar.conf")], checks=deploy.checks(serves_transport=True))


def test_all_kinds_that_cannot_be_are_named_at_once(site):
    install_kinds(site, {"fax": "tests.elsewhere.missing:Fax", "telex": "tests.elsewhere.kind:Path"})

    with pytest.raises(ConfigurationError) as caught:
        installed(NotifierSettings())

    assert len(caught.value.sentences) == 2


def test_who_only_takes_requests_loads_nothing_that_delivers(tmp_path):
    program = (
        "import sys; from zaqar import config, deploy; deploy.wsgi_application(config.load(files=[]), background=False); "
        "print('served without', {'aiohttp', 'yarl'} - set(sys.modules))"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, env=environment
    )

    assert "aiohttp" in told.stdout
    assert "yarl" in told.stdout


def test_a_subscription_whose_kind_is_not_installed_any_more_fails_by_its_policy(memory_world):
    world, _ = memory_world
    subscription = world.subscribe("gopher://a")
    world.post(b"1")
    with world.notifier() as notifier:
        world.wait_until(lambda: notifier.counts().failed_attempts == 4)

    (failing,) = world.standing(subscription).progress.failing
    assert failing.answer == "no subscribers of this kind are installed"


class _Mistaken(SubscriberKind):
    def parse(self, subscriber, options, source):
        """Take it."""

    def prepare(self, subscription):
        """Fail."""
        raise KeyError("what every subscription has")

    async def deliver(self, delivery):
        """Never come so far."""


def test_a_kind_that_makes_a_mistake_keeps_nothing_from_subscribers_of_others(memory_world, caplog):
    world, _ = memory_world
    world.more_kinds = lambda settings: {"mistaken": _Mistaken(settings)}
    with Receiver() as receiver:
        world.subscribe("mistaken:all")
        world.subscribe(receiver.url())
        world.post(b"1")
        with world.notifier() as notifier:
            receiver.wait_for(1)
            world.wait_until(lambda: notifier.counts().failed_attempts == 4)

    assert "through a mistake" in caplog.text


class _Asking(SubscriberKind):
    is_always_asked = True
    delivered: list

    def parse(self, subscriber, options, source):
        """Take it."""

    async def deliver(self, delivery):
        """Keep it."""
        self.delivered.append(delivery)
        return Answer("kept", is_delivered=True)


def test_a_kind_that_is_always_asked_gets_nothing_but_the_question_before_it_has_agreed(memory_world):
    world, _ = memory_world
    kept = _Asking(NotifierSettings())
    kept.delivered = []
    world.more_kinds = lambda settings: {"asking": kept}
    world.confirmation = asked_as("asked until {expires}")

    subscription = world.subscribe("asking:all")
    world.post(b'"before"')
    ask(world, subscription)
    with world.notifier() as notifier:
        world.wait_until(lambda: world.standing(subscription).pending == 0)
        confirm(world, subscription)
        world.post(b'"after"')
        notifier.tell(world.queue, is_change=True)
        world.wait_until(lambda: len(kept.delivered) == 2)

    question, message = kept.delivered
    assert question.asked.message == f"asked until {END}"
    assert json.loads(question.text)["Message"] == question.asked.message
    assert (message.asked, message.body, json.loads(message.text)["body"]) == (None, b'"after"', "after")


class _Odd(SubscriberKind):
    def parse(self, subscriber, options, source):
        """Take it."""

    async def deliver(self, delivery):
        """Answer what is no answer, or never."""
        if delivery.subscription.subscriber == "odd:never":
            await asyncio.Event().wait()


@pytest.mark.parametrize("subscriber", ["odd:rubbish", "odd:never"])
def test_a_kind_that_answers_rubbish_or_never_has_failed_attempts_that_count(memory_world, subscriber):
    world, _ = memory_world
    world.more_kinds = lambda settings: {"odd": _Odd(settings)}
    subscription = world.subscribe(subscriber, _retry_policy={"retries_with_no_delay": 0})
    world.post(b"1")

    with world.notifier(total_timeout=0.01) as notifier:
        world.wait_until(lambda: notifier.counts().failed_attempts >= 1)

    (failing,) = world.standing(subscription).progress.failing
    assert failing.answer == "a mistake of the service"
