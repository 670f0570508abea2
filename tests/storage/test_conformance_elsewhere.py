"""The conformance suite as the author of a driver runs it, by the conftest of doc/drivers.rst."""

import re
import textwrap
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
OWN_TEST = "def test_of_my_own(store, management):\n    assert store.is_alive()"
FAULTY = """
from tests.elsewhere.driver import ElsewhereDriver, Options

class FaultyDriver(ElsewhereDriver):
    def message_store(self, options, clock):
        return super().message_store(options, None)

DRIVER = FaultyDriver()
"""
"""Does not keep to the clock that it is given."""


@pytest.fixture
def author(pytester, monkeypatch):
    """Return the folder of an author, with the conftest of the page and a test of their own."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    page = (ROOT / "doc" / "drivers.rst").read_text()
    (block,) = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", page)
    pytester.makeconftest(textwrap.dedent(block))
    pytester.makepyfile(test_own=OWN_TEST)
    return pytester


def _outcome(author, *words):
    return author.runpytest_subprocess("--pyargs", *words, timeout=150)


def test_a_driver_of_somebody_else_passes_the_suite(author):
    outcome = _outcome(
        author, ".", "tests.conformance", "-v", "-k", "test_expiry or test_queue_records or test_races.py"
    )

    counts = outcome.parseoutcomes()
    assert outcome.ret == 0, outcome.stdout.str()
    assert counts.keys() <= {"passed", "deselected"}
    assert counts["passed"] > 30
    shown = outcome.stdout.str()
    assert "[elsewhere" in shown
    assert "[sqlite" not in shown


def test_a_driver_that_does_not_keep_the_contract_fails_the_suite(author):
    author.makepyfile(faulty=FAULTY)
    conftest = author.path / "conftest.py"
    conftest.write_text(conftest.read_text().replace("tests.elsewhere.driver", "faulty"))

    outcome = _outcome(author, ".", "tests.conformance", "-k", "test_expiry")

    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    assert outcome.parseoutcomes()["failed"] > 5


def test_a_row_that_comes_too_late_is_told_so(author):
    deep = author.mkdir("inner") / "deep"
    deep.mkdir()
    for name in ("conftest.py", "test_own.py"):
        (author.path / name).rename(deep / name)

    outcome = _outcome(author, "tests.conformance.test_expiry", ".")

    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    assert "Name the folder of this conftest before the suite" in outcome.stdout.str()
