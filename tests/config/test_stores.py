import pytest

from zaqar import config, deploy
from zaqar.errors import ConfigurationError
from zaqar.storage.sql import DRIVER

BOTH = ("message_store", "management_store")


def _options(conf):
    return [config.store_options(conf, store, DRIVER.name, DRIVER.options) for store in BOTH]


def _uris(conf):
    return [options.uri for options in _options(conf)]


def test_the_embedded_database_lies_in_the_home_directory(written, home):
    assert _uris(written()) == [f"sqlite:///{home}/.local/state/zaqar/zaqar.db"] * 2


def test_the_embedded_database_lies_below_the_xdg_state_directory(written, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/elsewhere/state")

    assert _uris(written()) == ["sqlite:////elsewhere/state/zaqar/zaqar.db"] * 2


def test_a_relative_xdg_state_directory_is_ignored(written, home, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "state")

    assert config.state_path(written()) == home / ".local/state/zaqar"


def test_the_state_path_moves_the_embedded_database(written, home):
    assert _uris(written("[DEFAULT]\nstate_path = ~/data\n")) == [f"sqlite:///{home}/data/zaqar.db"] * 2


def test_a_state_path_that_would_break_the_url_is_refused(written):
    with pytest.raises(ConfigurationError, match="state_path"):
        _uris(written("[DEFAULT]\nstate_path = /data?x\n"))


@pytest.mark.parametrize("given", BOTH)
def test_where_one_uri_is_given_the_other_follows(written, given):
    assert _uris(written(f"[drivers:{given}:sqlalchemy]\nuri = sqlite:////a.db\n")) == ["sqlite:////a.db"] * 2


def test_two_uris_stay_apart(written):
    conf = written(
        "[drivers:message_store:sqlalchemy]\nuri = sqlite:////a.db\n"
        "[drivers:management_store:sqlalchemy]\nuri = sqlite:////b.db\n"
    )

    assert _uris(conf) == ["sqlite:////a.db", "sqlite:////b.db"]


@pytest.mark.parametrize("given", BOTH)
def test_where_one_store_says_how_durable_the_other_follows(written, given):
    conf = written(f"[drivers:{given}:sqlalchemy]\nsynchronous = NORMAL\n")

    assert [options.synchronous for options in _options(conf)] == ["NORMAL", "NORMAL"]


def test_the_store_s_own_durability_wins(written):
    conf = written(
        "[drivers:message_store:sqlalchemy]\nsynchronous = FULL\n"
        "[drivers:management_store:sqlalchemy]\nsynchronous = NORMAL\n"
    )

    assert [options.synchronous for options in _options(conf)] == ["FULL", "NORMAL"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[drivers]\nmessage_store = redis\n[drivers:message_store:redis]\nsocket_timeout = x\nuri = x://h\n", 2),
        (
            "[drivers]\nmessage_store = mongodb\n[drivers:message_store:mongodb]\ndatabase = a/b\nretry_deadline = x\n",
            3,
        ),
        ("[drivers:message_store:sqlalchemy]\nsynchronous = OFF\nuri = nonsense\n", 2),
        ("[drivers]\nmessage_store = theirs\nmanagement_store = ours\n", 2),
    ],
)
def test_what_is_wrong_with_a_store_is_told_beside_its_options_that_are_refused(written, text, told):
    with pytest.raises(ConfigurationError) as refusal:
        written(text, checks=deploy.store_checks())

    assert len(refusal.value.sentences) == told


@pytest.mark.parametrize("path", ["", "zaqar.conf/zaqar.db", "new/folders/zaqar.db"])
def test_a_place_where_no_database_can_be_is_refused_and_nothing_is_made(written, tmp_path, path):
    (tmp_path / "zaqar.conf").touch()
    before = {entry.name for entry in tmp_path.iterdir()} | {"written.conf"}
    text = f"[drivers:message_store:sqlalchemy]\nuri = sqlite:///{tmp_path}/{path}\n"

    if path.startswith("new"):
        written(text, checks=deploy.store_checks())
    else:
        with pytest.raises(ConfigurationError, match="cannot be opened"):
            written(text, checks=deploy.store_checks())

    assert {entry.name for entry in tmp_path.iterdir()} == before
