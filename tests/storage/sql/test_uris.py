"""Which database URLs the store takes."""

import contextlib
from pathlib import Path

import pytest

from zaqar.errors import ConfigurationError
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare
from zaqar.storage.sql.sqlite.opening import database_path

REFUSED = {
    "postgresql://zaqar:secret@localhost/zaqar": "does not serve postgresql yet",
    "mysql+pymysql://zaqar:secret@localhost/zaqar": "does not serve mysql yet",
    "sqlite://": "in memory",
    "sqlite:///": "in memory",
    "sqlite:///:memory:": "in memory",
    "sqlite:///x?mode=ro": "no options",
    "sqlite:///file:x?mode=memory&uri=true": "no options",
    "sqlite://var/lib/zaqar.db": "three slashes",
    "sqlite://user:secret@/zaqar.db": "three slashes",
    "postgresql://localhost:port/zaqar": "not a database URL",
    "/var/lib/zaqar.db": "not a database URL",
    "garbage": "not a database URL",
    "": "not a database URL",
    "sqlite:///a\0b": "cannot be part of a file's name",
}


def _is_alive(uri):
    with contextlib.closing(Database(uri)) as database:
        return database.is_alive()


@pytest.mark.parametrize("uri", REFUSED, ids=lambda uri: uri.encode("unicode_escape").decode() or "empty")
@pytest.mark.parametrize("use", [database_path, prepare, Database], ids=lambda use: use.__name__)
def test_what_is_no_sqlite_file_is_refused_with_a_sentence(uri, use):
    with pytest.raises(ConfigurationError, match=REFUSED[uri]) as caught:
        use(uri)

    assert str(caught.value).endswith(".")
    assert "secret" not in str(caught.value)


def test_four_slashes_are_an_absolute_path():
    assert database_path("sqlite:////var/lib/zaqar.db") == "/var/lib/zaqar.db"


def test_three_slashes_are_a_path_from_where_the_service_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = database_path("sqlite:///data/zaqar.db")
    monkeypatch.chdir("/")

    assert path == str(tmp_path / "data" / "zaqar.db")


def test_a_tilde_is_the_home_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    assert database_path("sqlite:///~/zaqar.db") == str(tmp_path / "zaqar.db")


@pytest.mark.parametrize("name", ["a b.db", "100%.db", "a#b.db", "a+b@c:d.db", "Zürich.db", "it's.db"])
def test_a_name_with_unusual_characters_is_that_of_the_file(tmp_path, name):
    uri = f"sqlite:///{tmp_path}/{name}"

    prepare(uri)

    assert {entry.name for entry in tmp_path.iterdir()} >= {name}
    assert Database(uri).path == str(Path(tmp_path, name))
    assert _is_alive(uri)


def test_what_is_migrated_is_the_file_that_is_served_whatever_is_decoded(tmp_path):
    """Releases of SQLAlchemy differ in whether they decode the path."""
    uri = f"sqlite:///{tmp_path}/%2520.db"

    prepare(uri)

    assert _is_alive(uri)
    assert len(list(tmp_path.glob("*.db"))) == 1
