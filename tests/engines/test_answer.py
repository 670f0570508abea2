"""Refusals of the engine's own."""

from http import HTTPStatus

import pytest

from zaqar.engines.answer import refusal
from zaqar.engines.request import Refused


@pytest.mark.parametrize(
    ("status", "says_when"), [(HTTPStatus.SERVICE_UNAVAILABLE, True), (HTTPStatus.BAD_REQUEST, False)]
)
def test_who_is_refused_for_want_of_room_learns_when_to_come_back(status, says_when):
    """http section 2.3"""
    answer = bytes(refusal(Refused(status, "No.")).unsent)

    assert (b"\r\nRetry-After: 5\r\n" in answer) is says_when
