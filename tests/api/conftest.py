"""One application for all conversations, and others for those that need their own configuration."""

import functools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from oslo_config import cfg

from tests.api.client import HttpClient
from tests.clock import MovableClock
from zaqar import config, deploy
from zaqar.deploy import WSGIApplication

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


def build(folder: Path, clock: MovableClock, text: str = "") -> WSGIApplication:
    """Return an application on a fresh database in ``folder``, configured by ``text``."""
    database = folder / "zaqar.db"
    database.write_bytes(_empty_database())
    return deploy.wsgi_application(_configuration(folder, database, text), clock=clock)


@pytest.fixture(scope="session")
def clock() -> MovableClock:
    """The time of every application here: tests move it forward only."""
    return MovableClock()


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory, clock: MovableClock) -> WSGIApplication:
    """A service with the default configuration."""
    return build(tmp_path_factory.mktemp("service"), clock)


@pytest.fixture
def client(application: WSGIApplication) -> HttpClient:
    """A client of a project that no other test uses."""
    return HttpClient(application)


@pytest.fixture
def configured(tmp_path: Path, clock: MovableClock) -> Configured:
    """Make a client of a service of its own, from the text of a configuration file."""

    def configure(text: str, **members: str) -> HttpClient:
        return HttpClient(build(tmp_path, clock, text), **members)

    return configure
