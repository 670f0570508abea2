"""Drive a real browser, without a window: Debian's Chromium, by the driver of its own release."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from selenium import webdriver

HOST = "messaging.test"
"""A name that the browser takes for this machine. Unlike localhost it is no secure context, as most plain HTTP is not."""

_PROGRAMS = ("chromium", "chromedriver")


def missing_chromium() -> str | None:
    """Return why no browser can be driven here; None if one can."""
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    return f"no {' and no '.join(missing)} on PATH (Debian: chromium, chromium-driver)" if missing else None


@contextlib.contextmanager
def running_browser(preferences: Mapping[str, Any] | None = None) -> Iterator[webdriver.Chrome]:
    """Run a browser with a profile of its own until the block ends."""
    browser, driver = (shutil.which(name) for name in _PROGRAMS)
    assert browser
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    # Shared memory is small in containers.
    for argument in (
        "headless=new",
        "disable-dev-shm-usage",
        "disable-gpu",
        f"host-resolver-rules=MAP {HOST} 127.0.0.1",
    ):
        options.add_argument(f"--{argument}")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # there is none for root
    options.add_experimental_option("prefs", dict(preferences or {}))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=driver)) as running:
        running.set_page_load_timeout(20)
        yield running
