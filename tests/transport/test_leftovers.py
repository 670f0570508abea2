"""What was not read of a body is read away before the answer."""

import io
import threading
import time

import falcon
import pytest
from falcon import testing

from zaqar.transport.wsgi import body
from zaqar.transport.wsgi.leftovers import MOST_BYTES, MOST_READERS, Leftovers

CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}


class _Endless(io.BytesIO):
    """A client that never ends."""

    taken = 0

    def read(self, size=-1):
        self.taken += size
        return b"x" * size


class _Stalled(io.BytesIO):
    """A client that sends nothing more until it is told to go away."""

    def __init__(self):
        super().__init__()
        self.gone = threading.Event()

    def read(self, size=-1):
        self.gone.wait(30)
        return b""


class _Gone(io.BytesIO):
    """A client that went away."""

    def read(self, size=-1):
        raise ConnectionResetError


def _ask(stream, *, seconds=10.0, has_read=(), **environment):
    """Answer a request whose body nobody read, or only as much as ``has_read`` says."""
    request = testing.create_req(method="POST")
    request.env.pop("CONTENT_LENGTH", None)
    request.env.update({"wsgi.input": stream, **environment})
    for most in has_read:
        with pytest.raises(Exception, match="bytes"):
            body.read(request, most=most)
    started = time.monotonic()
    Leftovers(seconds).process_response(request, falcon.Response(), None, True)
    return time.monotonic() - started


@pytest.mark.parametrize("engine", ["zaqar", "Granian"])
@pytest.mark.parametrize("environment", [{"CONTENT_LENGTH": "300000"}, CHUNKED])
def test_a_body_is_read_to_its_end(environment, engine):
    stream = io.BytesIO(b"x" * 300_000)

    _ask(stream, SERVER_SOFTWARE=engine, **environment)

    assert stream.tell() == 300_000


def test_the_next_request_is_left_alone():
    stream = io.BytesIO(b"x" * 10 + b"POST /")

    _ask(stream, CONTENT_LENGTH="10")

    assert stream.tell() == 10


def test_the_rest_of_a_body_that_was_too_long_is_read():
    stream = io.BytesIO(b"x" * 300_000)

    _ask(stream, has_read=[1000], **CHUNKED)

    assert stream.tell() == 300_000


def test_an_endless_body_is_read_up_to_a_limit():
    stream = _Endless()

    _ask(stream, **CHUNKED)

    assert stream.taken == MOST_BYTES


@pytest.mark.parametrize("length", [str(MOST_BYTES + 1), "9" * 30, "-1", "x", "0"])
def test_what_would_not_be_read_to_its_end_is_not_begun(length):
    stream = io.BytesIO(b"x" * 1000)

    _ask(stream, CONTENT_LENGTH=length)

    assert stream.tell() == 0


def test_nobody_is_asked_for_a_body_that_waits_for_that():
    stream = io.BytesIO(b"x" * 1000)

    _ask(stream, CONTENT_LENGTH="1000", HTTP_EXPECT="100-Continue")

    assert stream.tell() == 0


def test_a_client_that_went_away_does_no_harm():
    _ask(_Gone(), CONTENT_LENGTH="1000")


def test_a_stalled_client_gets_its_answer_where_the_engine_waits_without_end():
    stream = _Stalled()
    try:
        assert 0.1 <= _ask(stream, seconds=0.1, CONTENT_LENGTH="1000", SERVER_SOFTWARE="Granian") < 10
    finally:
        stream.gone.set()


def test_no_more_than_so_many_stalled_clients_are_waited_for():
    streams = [_Stalled() for _ in range(MOST_READERS + 5)]
    try:
        for stream in streams:
            _ask(stream, seconds=0.01, CONTENT_LENGTH="1000", SERVER_SOFTWARE="Granian")
        waiting = [thread for thread in threading.enumerate() if "_read_away" in thread.name]
        assert len(waiting) <= MOST_READERS
    finally:
        for stream in streams:
            stream.gone.set()
