"""The page of the link, in a real browser: from the mail to the confirmed subscription (http section 9.8)."""

import base64
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By

from tests.integration.browsers import HOST, missing_chromium, running_browser
from tests.integration.notifier.house import House
from tests.integration.notifier.subscriber import Proxy, Subscriber, running_proxy
from tests.integration.process import wait_until
from tests.mail_sink import Sink, running_sink
from tests.needs import require

MAIL = {"smtp_mode": "self_local", "smtp_host": "127.0.0.1", "smtp_tls": "none"}
SCREENSHOT = "ZAQAR_TEST_SCREENSHOT"
"""Names a file for a picture of the page; the one in the documentation is made so."""
PHONE = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True}
PICTURE = {"width": 620, "height": 390, "deviceScaleFactor": 1, "mobile": False}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    require("Chromium", missing_chromium())
    with running_browser() as running:
        yield running


@pytest.fixture
def browser(chromium: Chrome) -> Iterator[Chrome]:
    chromium.get_log("browser")  # what other tests left there
    yield chromium
    for command in ("Emulation.clearDeviceMetricsOverride", "Emulation.setEmulatedMedia"):
        chromium.execute_cdp_cmd(command, {})


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with running_sink() as running:
        yield running


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with running_proxy() as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sink: Sink, proxy: Proxy) -> Iterator[House]:
    """A service that is known to its clients by the address of the proxy."""
    settings: dict[str, dict[str, object]] = {
        "server": {"workers": 2, "public_url": proxy.url},
        "notification": MAIL | {"smtp_port": sink.port},
        "signed_url": {"secret_key": "k" * 32},
    }
    with contextlib.ExitStack() as stack:
        house = House(tmp_path_factory.mktemp("service"), settings, stack)
        proxy.target = house.server.url
        yield house


@pytest.fixture
def subscriber(house: House, sink: Sink, browser: Chrome) -> Subscriber:
    return Subscriber(house, sink, browser)


def picture(browser: Chrome, path: Path) -> None:
    """Keep what is seen."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PICTURE)
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": False})
    path.write_bytes(base64.b64decode(taken["data"]))


def test_from_the_mail_to_the_confirmed_subscription_and_back(subscriber: Subscriber, sink: Sink) -> None:
    """http S-60, S-62, S-63: below the path of a proxy, which the page has to keep."""
    subscriber.follow()
    subscriber.sees("Confirm your subscription")
    if path := os.environ.get(SCREENSHOT):
        picture(subscriber.browser, Path(path))
    assert not subscriber.browser.execute_script("return window.isSecureContext")
    assert not subscriber.is_confirmed

    subscriber.press("Confirm")
    subscriber.sees("You are subscribed")
    assert subscriber.is_confirmed
    subscriber.house.service.post(subscriber.queue, ["wanted"])
    wait_until(lambda: '"wanted"' in sink.to(subscriber.address)[-1].text, what="the message")

    subscriber.press("Unsubscribe")
    subscriber.sees("You are unsubscribed")
    assert not subscriber.is_confirmed

    subscriber.follow()
    subscriber.sees("You are unsubscribed")
    subscriber.press("Subscribe again")
    subscriber.sees("You are subscribed")
    assert subscriber.is_confirmed
    assert subscriber.complaints() == []


def test_the_link_is_to_the_address_that_the_operator_says(subscriber: Subscriber, proxy: Proxy) -> None:
    """notifications N-58, N-62"""
    assert subscriber.link.startswith(f"{proxy.url}/confirm?Signature=")
    said = parse_qs(urlsplit(subscriber.link).query)
    assert said["Url"] == [f"{proxy.url}{subscriber.path}/confirm"]
    assert said["Queue"] == [subscriber.queue]


def test_the_keyboard_does_it_too_and_the_heading_is_read_out(subscriber: Subscriber) -> None:
    """http S-62"""
    subscriber.open()

    subscriber.browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB, Keys.ENTER)

    subscriber.sees("You are subscribed")
    assert subscriber.browser.switch_to.active_element.text == subscriber.browser.title == "You are subscribed"


def test_a_link_that_is_good_no_more_is_told_in_place(subscriber: Subscriber) -> None:
    """http S-62"""
    subscriber.open()
    status, _ = subscriber.house.service.call("PATCH", subscriber.path, {"subscriber": "mailto:other@example.org"})
    assert status == 204

    subscriber.press("Confirm")

    wait_until(lambda: "good no more" in subscriber.problem, what="the problem")
    assert subscriber.heading == "Confirm your subscription"
    assert not subscriber.is_confirmed


def test_a_service_that_is_away_is_told_and_can_be_asked_again(subscriber: Subscriber) -> None:
    """http S-62"""
    subscriber.open()
    subscriber.house.kill_everything()
    subscriber.press("Confirm")
    wait_until(lambda: "does not answer" in subscriber.problem, what="the problem")

    subscriber.house.start()
    subscriber.press("Confirm")

    subscriber.sees("You are subscribed")
    assert subscriber.problem == ""
    assert subscriber.is_confirmed


def test_a_wrong_link_is_a_page_without_a_button(house: House, browser: Chrome) -> None:
    """http S-61"""
    browser.get(f"http://{HOST}:{house.server.port}/confirm?Signature=guessed")

    assert browser.find_element(By.TAG_NAME, "h1").text == "This link leads nowhere"
    assert browser.find_elements(By.TAG_NAME, "button") == []


def test_long_names_fit_on_a_telephone(house: House, sink: Sink, browser: Chrome) -> None:
    """http S-63"""
    own = house.service.headers["X-Project-ID"]
    house.service.headers["X-Project-ID"] = "long-" * 40
    subscriber = Subscriber(house, sink, browser)
    house.service.headers["X-Project-ID"] = own
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)

    subscriber.open()

    widths = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    assert browser.execute_script(widths) == [320, 320]
    subscriber.press("Confirm")
    subscriber.sees("You are subscribed")


def test_it_is_dark_where_the_reader_likes_it_dark(subscriber: Subscriber) -> None:
    """http S-63"""
    seen = {}
    for scheme in ("light", "dark"):
        features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        subscriber.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
        subscriber.open()
        script = (
            "return ['color', 'backgroundColor'].map(name => getComputedStyle(document.querySelector('main'))[name])"
        )
        ink, paper = subscriber.browser.execute_script(script)
        seen[scheme] = brightness(ink), brightness(paper)

    bright = {scheme: [one > 150 for one in both] for scheme, both in seen.items()}
    assert bright == {"light": [False, True], "dark": [True, False]}


def brightness(colour: str) -> float:
    numbers = [int(number) for number in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    return sum(numbers) / 3


def test_without_javascript_a_sentence_says_what_to_do(house: House, sink: Sink) -> None:
    """http S-62"""
    require("Chromium", missing_chromium())
    with running_browser({"profile.managed_default_content_settings.javascript": 2}) as browser:
        subscriber = Subscriber(house, sink, browser)
        subscriber.open()

        assert "The button needs JavaScript" in browser.find_element(By.TAG_NAME, "noscript").text
        assert not browser.find_element(By.TAG_NAME, "button").is_enabled()
