"""A host on which nothing can be told from process to process, such as a container that cannot write."""

import contextlib

from tests.integration.notifier.house import House
from tests.integration.process import wait_until


def test_without_a_place_for_news_everything_is_delivered_all_the_same(tmp_path, receiver):
    (tmp_path / "file").touch()
    nowhere = {"notification": {"news_directory": str(tmp_path / "file" / "news")}}
    with contextlib.ExitStack() as stack:
        house = House(tmp_path, nowhere, stack)
        house.subscribe("q", receiver.url)

        house.service.post("q", [0, 1, 2])

        wait_until(lambda: receiver.bodies() == [0, 1, 2], what="the deliveries")
