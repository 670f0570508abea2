"""One application for all conversations, and others for those that need their own configuration."""

import contextlib
import functools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from oslo_config import cfg

from tests.api.http_client import HttpClient
from tests.clock import MovableClock
from zaqar import config, deploy
from zaqar.deploy import WSGIApplication
from zaqar.storage.sql.sqlite.connection import Database

# In CI every run asks the same, elsewhere each asks something new. Fixtures may be shared by the examples of a test,
# as each makes queues of its own.
settings.register_profile(
    "api",
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("ci", settings.get_profile("api"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "api")

Configured = Callable[..., HttpClient]


@functools.cache
def _empty_database() -> bytes:
    """Migrate once: a copy costs a tenth of a migration."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "zaqar.db")
        conf = _configuration(Path(folder), path, "")
        deploy.prepare(conf)
        return path.read_bytes()


def _configuration(folder: Path, database: Path, text: str) -> cfg.ConfigOpts:
    path = folder / "zaqar.conf"
    # NORMAL: nobody pulls the plug during these tests.
    path.write_text(f"{text}\n[drivers:message_store:sqlalchemy]\nuri = sqlite:///{database}\nsynchronous = NORMAL\n")
    return config.load(files=[str(path)])


@contextlib.contextmanager
def configured_database(folder: Path, clock: MovableClock, text: str) -> Iterator[cfg.ConfigOpts]:
    """Make a configuration with a fresh database in ``folder``; close the database at the end."""
    path = folder / "zaqar.db"
    path.write_bytes(_empty_database())
    conf = _configuration(folder, path, text)
    # The one that the application finds, too.
    with contextlib.closing(
        Database.shared(str(deploy.chosen(conf, "message_store").options.uri), synchronous="NORMAL", clock=clock)
    ):
        yield conf


@contextlib.contextmanager
def built(folder: Path, clock: MovableClock, text: str = "") -> Iterator[WSGIApplication]:
    """Make an application on a fresh database in ``folder``, configured by ``text``; close the database at the end."""
    with configured_database(folder, clock, text) as conf:
        yield deploy.wsgi_application(conf, clock=clock, background=False)


@contextlib.contextmanager
def built_service(folder: Path, clock: MovableClock, text: str = "") -> Iterator[tuple[cfg.ConfigOpts, deploy.Service]]:
    """Make a configuration and what is behind an application in the same way."""
    with configured_database(folder, clock, text) as conf:
        yield conf, deploy.Service(conf, clock=clock)


@pytest.fixture(scope="session")
def clock() -> MovableClock:
    """The time of every application here: tests move it forward only."""
    return MovableClock()


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory, clock: MovableClock) -> Iterator[WSGIApplication]:
    """A service with the default configuration."""
    with built(tmp_path_factory.mktemp("service"), clock) as made:
        yield made


@pytest.fixture
def client(application: WSGIApplication) -> HttpClient:
    """A client of a project that no other test uses."""
    return HttpClient(application)


@pytest.fixture
def configured(tmp_path_factory: pytest.TempPathFactory, clock: MovableClock) -> Iterator[Configured]:
    """Make a client of a service of its own, from the text of a configuration file."""
    with contextlib.ExitStack() as services:

        def configure(text: str, **members: str) -> HttpClient:
            return HttpClient(services.enter_context(built(tmp_path_factory.mktemp("service"), clock, text)), **members)

        yield configure
