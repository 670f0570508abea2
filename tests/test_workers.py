"""In how many processes the tests run."""

from types import SimpleNamespace

import pytest

from tests import conftest
from tests.integration.redis_servers import VARIABLE


@pytest.mark.parametrize("words", [["tests"], ["tests/api", "tests/cmd"], ["tests/a.py", "tests/b.py"]], ids=str)
def test_folders_and_several_files_run_on_all_cores(monkeypatch, words):
    monkeypatch.delenv(VARIABLE, raising=False)

    assert conftest.pytest_xdist_auto_num_workers(SimpleNamespace(args=words)) is None


@pytest.mark.parametrize("word", ["tests/a.py", "tests/a.py::test_it[1]"])
def test_one_file_runs_in_one_process(monkeypatch, word):
    monkeypatch.delenv(VARIABLE, raising=False)

    assert conftest.pytest_xdist_auto_num_workers(SimpleNamespace(args=[word])) == 0


def test_what_empties_a_redis_that_is_named_runs_in_one_process(monkeypatch):
    monkeypatch.setenv(VARIABLE, "redis://127.0.0.1/15")

    assert conftest.pytest_xdist_auto_num_workers(SimpleNamespace(args=["tests"])) == 0
