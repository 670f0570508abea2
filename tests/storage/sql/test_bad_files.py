"""What cannot be a database stops the service at start-up, with a sentence for the operator."""

import os
import sqlite3

import pytest

from zaqar.errors import ConfigurationError
from zaqar.storage.sql.schema import VERSION_TABLE
from zaqar.storage.sql.sqlite.migration import prepare


def _sentence_of(uri):
    with pytest.raises(ConfigurationError) as caught:
        prepare(uri)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert not sentence.endswith("..")
    assert "\n" not in sentence
    assert "None" not in sentence
    return sentence


@pytest.fixture
def uri(path):
    return f"sqlite:///{path}"


def _without_permission_to_write(monkeypatch, *places):
    """Take the permission away, also from root, who has it whatever the mode says."""
    access = os.access

    def denied(place, mode, **options):
        return os.fspath(place) not in map(str, places) and access(place, mode, **options)

    monkeypatch.setattr(os, "access", denied)
    for place in places:
        place.chmod(place.stat().st_mode & ~0o222)


def test_a_letter_is_no_database(path, uri):
    path.write_bytes(b"Dear operator,\n" * 1000)

    assert "file is not a database" in _sentence_of(uri)
    assert path.read_bytes().startswith(b"Dear operator")


@pytest.mark.parametrize("place", [100, 4096], ids=["the schema", "a table"])
def test_a_corrupt_database_is_refused(path, uri, place):
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 8192)

    assert "malformed" in _sentence_of(uri)


def test_a_database_that_lost_its_revision_is_refused(path, uri):
    with sqlite3.connect(path) as file:
        file.execute(f"DELETE FROM {VERSION_TABLE}")
    file.close()

    assert "already exists" in _sentence_of(uri)


def test_a_truncated_database_is_refused(path, uri):
    with path.open("r+b") as file:
        file.truncate(3 * 4096)

    assert str(path) in _sentence_of(uri)


def test_a_folder_in_the_place_of_the_file_is_refused(path, uri):
    path.unlink()
    path.mkdir()

    assert str(path) in _sentence_of(uri)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()

    assert "file" in _sentence_of(f"sqlite:///{tmp_path}/file/zaqar.db")
    assert "file" in _sentence_of(f"sqlite:///{tmp_path}/file/folder/zaqar.db")


def test_a_folder_in_the_place_of_the_lock_is_refused(path, uri):
    path.with_name("zaqar.db-lock").mkdir()

    assert "cannot be opened" in _sentence_of(uri)


def test_a_read_only_file_is_refused(path, uri, monkeypatch):
    _without_permission_to_write(monkeypatch, path)

    assert "it is read-only" in _sentence_of(uri)


def test_a_read_only_folder_is_refused(path, uri, monkeypatch):
    """The log of writes lies beside the file."""
    _without_permission_to_write(monkeypatch, path.parent)

    assert "its folder is read-only" in _sentence_of(uri)


def test_a_read_only_file_system_is_refused(path, uri, monkeypatch):
    """As SQLite itself reports it, whatever permissions say."""
    connect = sqlite3.connect

    def read_only(database, **options):
        return connect(database.replace("mode=rw", "mode=ro"), **options)

    path.write_bytes(b"")
    monkeypatch.setattr(sqlite3, "connect", read_only)

    assert "readonly" in _sentence_of(uri)


def test_a_database_that_another_program_holds_is_refused_after_a_while(path, uri, monkeypatch):
    monkeypatch.setattr("zaqar.storage.sql.sqlite.opening.BUSY_TIMEOUT", 0.05)
    foreign = sqlite3.connect(path, isolation_level=None)
    foreign.execute("PRAGMA locking_mode = EXCLUSIVE")
    foreign.execute("BEGIN EXCLUSIVE")

    assert "locked" in _sentence_of(uri)
    foreign.close()
