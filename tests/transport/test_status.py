import pytest

from zaqar import errors
from zaqar.models import QueueKey
from zaqar.transport.status import description_of, status_of
from zaqar.transport.wsgi import refusals


def _every_error(kind=errors.Error):
    for sub in kind.__subclasses__():
        yield sub
        yield from _every_error(sub)


@pytest.mark.parametrize("kind", sorted(set(_every_error()), key=lambda kind: kind.__name__))
def test_every_error_has_a_status(kind):
    error = kind.__new__(kind)

    code, title = status_of(error)

    assert title
    assert (code == 500) == (kind is errors.ConfigurationError)


def test_an_error_has_the_status_of_the_nearest_class_in_the_table():
    assert status_of(errors.QueueNotFound(QueueKey("p", "q"))) == (404, "Not found")
    assert status_of(errors.MessageClaimed()) == (403, "Unable to delete")
    assert status_of(errors.ClaimNotHeld()) == (400, "Unable to delete")


def test_who_finds_the_service_unavailable_is_asked_to_come_again():
    assert description_of(errors.Unavailable("The store is busy.")).endswith("Please try again in a few seconds.")


def test_what_only_http_refuses_has_a_status_there():
    assert refusals.status_of(refusals.UnsupportedMediaType()).code == 415
    assert refusals.status_of(refusals.InvalidContentType()) == (400, "Invalid Content-Type")
    assert refusals.status_of(errors.Forbidden()) == status_of(errors.Forbidden())
