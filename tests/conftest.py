"""What tests of several folders share."""

from collections.abc import Iterator

import pytest

from tests.needs import Shared


@pytest.fixture(scope="session")
def shared() -> Iterator[Shared]:
    """Return where servers are found that live as long as the session."""
    with Shared() as made:
        yield made
