"""A kind of subscriber that a package of somebody else brings: subscribed over HTTP, delivered to by a real notifier."""

import contextlib
import json

from tests.elsewhere.installing import install_kinds
from tests.integration.notifier.house import House
from tests.integration.process import wait_until


def test_what_an_entry_point_names_can_be_subscribed_and_is_delivered_to(tmp_path, monkeypatch):
    site, lines = tmp_path / "site", tmp_path / "lines"
    site.mkdir()
    lines.touch()
    install_kinds(site, {"file": "tests.elsewhere.kind:Files"})
    monkeypatch.setenv("PYTHONPATH", str(site))
    settings = {"transport": {"subscriber_types": "file"}}
    with contextlib.ExitStack() as stack:
        house = House(tmp_path, settings, stack)
        refused, answer = house.service.call("POST", "/v2/queues/q/subscriptions", {"subscriber": "file:here"})
        house.subscribe("q", f"file://{lines}")
        house.service.post("q", [1])
        wait_until(lines.read_bytes, what="the line")

    assert (refused, answer["description"]) == (400, "The subscriber must be file:///, with a path.")
    assert json.loads(lines.read_bytes())["body"] == 1
