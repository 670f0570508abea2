"""Somebody who was asked to confirm, with a browser, and a proxy that may be between him and the service."""

import contextlib
import http.server
import secrets
import threading
import urllib.request
from collections.abc import Iterator

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.integration.browsers import HOST
from tests.integration.notifier.house import House
from tests.integration.process import free_port, wait_until
from tests.mail_sink import Sink

PREFIX = "/some/messaging"
"""Below which the proxy has the service."""


class Subscriber:
    """Somebody who was sent a mail with a link, and has a browser."""

    def __init__(self, house: House, sink: Sink, browser: Chrome) -> None:
        self.house, self.browser = house, browser
        self.queue = f"orders-{secrets.token_hex(2)}"
        self.address = f"{self.queue}@example.org"
        self.id = house.subscribe(self.queue, f"mailto:{self.address}")
        (mail,) = wait_until(lambda: sink.to(self.address), what="the mail")
        self.link = mail.text.partition("below: ")[2]

    @property
    def path(self) -> str:
        """Return where the subscription is."""
        return f"/v2/queues/{self.queue}/subscriptions/{self.id}"

    def follow(self) -> None:
        """Open the link as it is in the mail."""
        self.browser.get(self.link)

    def open(self) -> None:
        """Open the page without the proxy."""
        self.browser.get(f"http://{HOST}:{self.house.server.port}/confirm?{self.link.partition('?')[2]}")

    @property
    def heading(self) -> str:
        """Return the heading that is seen."""
        seen = "return [...document.querySelectorAll('h1')].filter(each => each.checkVisibility()).map(each => each.innerText)"
        (text,) = self.browser.execute_script(seen)
        return str(text)

    @property
    def problem(self) -> str:
        """Return what is said to have gone wrong."""
        return self.browser.find_element(By.ID, "problem").text

    def press(self, button: str) -> None:
        """Click the one button that is seen, which has to be called so."""
        (seen,) = [one for one in self.browser.find_elements(By.TAG_NAME, "button") if one.is_displayed()]
        assert seen.text == button
        wait_until(seen.is_enabled, what=f"{button!r} to be ready")
        seen.click()

    def sees(self, heading: str) -> None:
        """Wait for what the page says."""
        wait_until(lambda: self.heading == heading, what=f"{heading!r} instead of {self.heading!r}, {self.problem!r}")

    @property
    def is_confirmed(self) -> bool:
        """Return what the service says."""
        status, shown = self.house.service.call("GET", self.path)
        assert status == 200, shown
        return bool(shown["confirmed"])

    def complaints(self) -> list[str]:
        """Return what the browser had to say of the page, such as things that it would not load or run."""
        return [entry["message"] for entry in self.browser.get_log("browser")]


class Proxy:
    """Has what is at ``target`` below a path of its own."""

    def __init__(self) -> None:
        self.target = ""
        self.port = free_port()

    @property
    def url(self) -> str:
        """Return where it has it, without a slash at the end."""
        return f"http://{HOST}:{self.port}{PREFIX}"


@contextlib.contextmanager
def running_proxy() -> Iterator[Proxy]:
    """Pass requests on until the block ends."""
    proxy = Proxy()

    class Below(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not self.path.startswith(f"{PREFIX}/"):
                self.send_error(404)
                return
            target = proxy.target + self.path.removeprefix(PREFIX)
            request = urllib.request.Request(target, body or None, dict(self.headers), method=self.command)
            with urllib.request.urlopen(request, timeout=10) as answer:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.read())

        def do_PUT(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", proxy.port), Below) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
