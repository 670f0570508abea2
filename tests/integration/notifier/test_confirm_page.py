"""The page of the link, in a real browser: from what the subscriber was sent to the confirmed subscription (http section 9.8)."""

import base64
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By

from tests.integration.browsers import HOST, missing_chromium, running_browser
from tests.integration.notifier.house import House
from tests.integration.notifier.receiver import Receiver
from tests.integration.notifier.subscriber import PREFIX, Subscriber, proxy
from tests.integration.process import wait_until
from tests.needs import require

PUBLIC_URL = "https://example.org/messaging"
SCREENSHOT = "ZAQAR_TEST_SCREENSHOT"
"""Names a file for a picture of the page; the one in the documentation is made so."""
PHONE = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True}
PICTURE = {"width": 620, "height": 360, "deviceScaleFactor": 1, "mobile": False}


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
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings: dict[str, dict[str, object]] = {
        "server": {"workers": 2, "public_url": PUBLIC_URL},
        "notification": {"require_confirmation": "true"},
        "signed_url": {"secret_key": "k" * 32},
    }
    with contextlib.ExitStack() as stack:
        yield House(tmp_path_factory.mktemp("service"), settings, stack)


@pytest.fixture
def subscriber(house: House, receiver: Receiver, browser: Chrome) -> Subscriber:
    return Subscriber(house, receiver, browser)


def picture(browser: Chrome, path: Path) -> None:
    """Keep what is seen."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PICTURE)
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": False})
    path.write_bytes(base64.b64decode(taken["data"]))


def test_from_the_link_to_the_confirmed_subscription_and_back(subscriber: Subscriber, receiver: Receiver) -> None:
    """http S-60, S-62, S-63"""
    subscriber.open()
    subscriber.sees("Confirm your subscription")
    if path := os.environ.get(SCREENSHOT):
        picture(subscriber.browser, Path(path))
    assert not subscriber.browser.execute_script("return window.isSecureContext")
    assert not subscriber.is_confirmed

    subscriber.press("Confirm")
    subscriber.sees("You are subscribed")
    assert subscriber.is_confirmed
    subscriber.house.service.post(subscriber.queue, ["wanted"])
    wait_until(lambda: receiver.deliveries[-1].document.get("body") == "wanted", what="the message")

    subscriber.press("Unsubscribe")
    subscriber.sees("You are unsubscribed")
    assert not subscriber.is_confirmed

    subscriber.open()
    subscriber.sees("You are unsubscribed")
    subscriber.press("Subscribe again")
    subscriber.sees("You are subscribed")
    assert subscriber.is_confirmed
    assert subscriber.complaints() == []


def test_what_is_asked_names_the_address_that_the_operator_says(subscriber: Subscriber) -> None:
    """notifications N-58"""
    assert subscriber.question["WSGISubscribeURL"] == f"{PUBLIC_URL}{subscriber.path}/confirm"


def test_the_keyboard_does_it_too_and_the_heading_is_read_out(subscriber: Subscriber) -> None:
    """http S-62"""
    subscriber.open()

    subscriber.browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB, Keys.ENTER)

    subscriber.sees("You are subscribed")
    assert subscriber.browser.switch_to.active_element.text == subscriber.browser.title == "You are subscribed"


def test_a_link_that_is_good_no_more_is_told_in_place(subscriber: Subscriber) -> None:
    """http S-62"""
    subscriber.open()
    status, _ = subscriber.house.service.call("PATCH", subscriber.path, {"subscriber": "http://127.0.0.1:1/other"})
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


def test_below_a_path_of_a_proxy_the_page_finds_the_service(subscriber: Subscriber) -> None:
    """http S-62"""
    with proxy(subscriber.house.server.url) as port:
        subscriber.open(f"http://{HOST}:{port}{PREFIX}")
        subscriber.press("Confirm")

        subscriber.sees("You are subscribed")

    assert subscriber.is_confirmed


def test_a_wrong_link_is_a_page_without_a_button(house: House, browser: Chrome) -> None:
    """http S-61"""
    browser.get(f"http://{HOST}:{house.server.port}/confirm?Signature=guessed")

    assert browser.find_element(By.TAG_NAME, "h1").text == "This link leads nowhere"
    assert browser.find_elements(By.TAG_NAME, "button") == []


def test_long_names_fit_on_a_telephone(house: House, receiver: Receiver, browser: Chrome) -> None:
    """http S-63"""
    own = house.service.headers["X-Project-ID"]
    house.service.headers["X-Project-ID"] = "long-" * 40
    subscriber = Subscriber(house, receiver, browser)
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


def test_without_javascript_a_sentence_says_what_to_do(house: House, receiver: Receiver) -> None:
    """http S-62"""
    require("Chromium", missing_chromium())
    with running_browser({"profile.managed_default_content_settings.javascript": 2}) as browser:
        subscriber = Subscriber(house, receiver, browser)
        subscriber.open()

        assert "The button needs JavaScript" in browser.find_element(By.TAG_NAME, "noscript").text
        assert not browser.find_element(By.TAG_NAME, "button").is_enabled()
