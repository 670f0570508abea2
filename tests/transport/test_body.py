import io

import pytest
from falcon import testing

from zaqar.errors import Invalid, InvalidBody
from zaqar.transport.wsgi import body
from zaqar.transport.wsgi.refusals import InvalidHeader


class _Drops(io.BytesIO):
    """A connection that hands over one byte at a time."""

    def read(self, size=-1):
        return super().read(min(size, 1))


def _request(stream, **environment):
    request = testing.create_req(method="POST")
    request.env.pop("CONTENT_LENGTH", None)
    request.env.update({"wsgi.input": stream, **environment})
    return request


@pytest.mark.parametrize("stream", [io.BytesIO, _Drops])
def test_a_body_is_read_to_its_length_however_it_comes(stream):
    request = _request(stream(b"0123456789"), CONTENT_LENGTH="8")

    assert body.read(request, most=8) == b"01234567"


@pytest.mark.parametrize("stream", [io.BytesIO, _Drops])
def test_a_chunked_body_is_read_to_its_end(stream):
    request = _request(stream(b"0123456789"), HTTP_TRANSFER_ENCODING="Chunked")

    assert body.read(request, most=10) == b"0123456789"


def test_an_empty_chunked_body_is_taken_for_one_that_was_cut_off():
    """An engine may not tell, and no body can mean everything, as in a purge."""
    with pytest.raises(InvalidBody, match="cut off"):
        body.read(_request(io.BytesIO(), HTTP_TRANSFER_ENCODING="chunked"), most=10)


def test_an_empty_chunked_body_is_none_where_the_engine_refuses_those_that_break_off():
    """X-40, O-63"""
    environment = {"HTTP_TRANSFER_ENCODING": "chunked", body.CHECKS_CHUNKS: True}

    assert body.read(_request(io.BytesIO(), **environment), most=10) == b""


def test_a_long_body_is_not_read_at_all():
    stream = io.BytesIO(b"0123456789")

    with pytest.raises(Invalid, match="9 bytes"):
        body.read(_request(stream, CONTENT_LENGTH="10"), most=9)
    assert stream.tell() == 0


def test_a_long_chunked_body_is_read_no_further_than_the_limit():
    stream = io.BytesIO(b"x" * 1000)

    with pytest.raises(InvalidBody):
        body.read(_request(stream, HTTP_TRANSFER_ENCODING="chunked"), most=9, refusal=InvalidBody)
    assert stream.tell() == 10


def test_a_body_that_ends_early_is_refused():
    with pytest.raises(InvalidBody, match="shorter"):
        body.read(_request(io.BytesIO(b"01"), CONTENT_LENGTH="3"), most=9)


@pytest.mark.parametrize("environment", [{}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}])
def test_without_a_length_there_is_no_body(environment):
    assert body.read(_request(io.BytesIO(b"01"), **environment), most=9) == b""


@pytest.mark.parametrize("length", ["-1", "x", "1.0", "\u0661", "9" * 19])
def test_a_length_is_a_number(length):
    with pytest.raises(InvalidHeader):
        body.read(_request(io.BytesIO(b"01"), CONTENT_LENGTH=length), most=9)
