import logging

import pytest

from tests.builders import numbered_messages, queue_key
from tests.clock import MovableClock
from zaqar import config, deploy
from zaqar.cmd import gc


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder for data, and a home without configuration."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "data"


@pytest.fixture
def collect(folder, tmp_path, capfd):
    """Run the command; return its exit status, standard output and standard error."""
    path = tmp_path / "zaqar.conf"
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(settings=""):
        path.write_text(f"[DEFAULT]\nstate_path = {folder}\n{settings}")
        status = gc.main(["--config-file", str(path)])
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    yield run
    root.handlers[:], root.level = handlers, level


def _post_expired(folder, tmp_path, count):
    """Post messages long ago."""
    path = tmp_path / "post.conf"
    path.write_text(f"[DEFAULT]\nstate_path = {folder}\n")
    conf = config.load(files=[str(path)])
    deploy.prepare(conf)
    clock = MovableClock(microseconds=1_000_000_000_000_000)
    store = deploy.chosen(conf, "message_store").message_store(clock)
    key = queue_key()
    store.records.create(key)
    store.messages.post(key, numbered_messages(count, ttl=60), client_id="c", token="0" * 16)
    store.close()


def test_expired_messages_go_and_are_counted(collect, folder, tmp_path):
    _post_expired(folder, tmp_path, 7)

    assert collect()[:2] == (0, "7 expired messages and claims reclaimed\n")
    assert collect()[:2] == (0, "0 expired messages and claims reclaimed\n")


def test_an_error_goes_to_standard_error(collect):
    status, output, error = collect("pooling = true\n")

    assert (status, output) == (1, "")
    assert error.startswith("zaqar-gc: [DEFAULT] pooling = true is not built yet")


@pytest.mark.parametrize("option", ["log_file", "log_config_append"])
def test_a_log_that_cannot_be_written_is_one_sentence(collect, option):
    status, output, error = collect(f"{option} = /nonexist/x\n")

    assert (status, output) == (1, "")
    assert error == (
        f"zaqar-gc: [DEFAULT] {option} = /nonexist/x cannot be used: /nonexist/x: No such file or directory.\n"
    )


def test_a_missing_configuration_file_is_an_error(capfd):
    assert gc.main(["--config-file", "/missing.conf"]) == 1
    assert capfd.readouterr().err == "zaqar-gc: Configuration file not found: /missing.conf.\n"
