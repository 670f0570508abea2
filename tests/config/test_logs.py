import logging

import pytest

from zaqar import config
from zaqar.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _log():
    """The log as it was, once the test is over."""
    root = logging.getLogger()
    handlers, level, factory = root.handlers[:], root.level, logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:], root.level = handlers, level


def _refusal(conf):
    with pytest.raises(ConfigurationError) as refusal:
        config.start_logging(conf)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_a_log_file_that_cannot_be_opened_is_named(written):
    assert _refusal(written("[DEFAULT]\nlog_file = /nonexist/x.log\n")) == (
        "[DEFAULT] log_file = /nonexist/x.log cannot be used: /nonexist/x.log: No such file or directory."
    )


def test_a_log_directory_that_does_not_exist_is_named(written):
    assert _refusal(written("[DEFAULT]\nlog_dir = /nonexist\n")).startswith("[DEFAULT] log_dir = /nonexist cannot")


def test_a_missing_file_of_logging_configuration_is_named(written):
    assert _refusal(written("[DEFAULT]\nlog_config_append = /nonexist\n")) == (
        "[DEFAULT] log_config_append = /nonexist cannot be used: /nonexist: No such file or directory."
    )


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        ('class = FileHandler\nargs = ("/nonexist/access.log",)', "/nonexist/access.log: No such file or directory."),
        ("class = nonsense.Handler", ""),
        ("class = StreamHandler\nargs = (nonsense,)", ""),
        ("class = StreamHandler\nargs = (", ""),
        ("class = StreamHandler\nlevel = LOUD", ""),
    ],
)
def test_a_logging_configuration_that_cannot_be_obeyed_is_named(written, tmp_path, handler, reason):
    path = tmp_path / "logging.conf"
    path.write_text(
        f"[loggers]\nkeys = root\n[handlers]\nkeys = one\n[formatters]\nkeys =\n"
        f"[logger_root]\nhandlers = one\n[handler_one]\n{handler}\n"
    )

    refusal = _refusal(written(f"[DEFAULT]\nlog_config_append = {path}\n"))

    assert refusal.startswith(f"[DEFAULT] log_config_append = {path} cannot be used: ")
    assert refusal.endswith(reason)


def test_a_log_level_that_does_not_exist_is_refused_in_one_line(written):
    assert "LOUD" in _refusal(written("[DEFAULT]\ndefault_log_levels = zaqar=LOUD\n"))


def test_the_log_goes_to_the_file_that_is_named(written, tmp_path):
    config.start_logging(written(f"[DEFAULT]\nlog_file = {tmp_path}/zaqar.log\n"))

    logging.getLogger("zaqar").warning("a line")

    assert "a line" in (tmp_path / "zaqar.log").read_text()


def test_what_clients_say_makes_no_line_of_its_own(written, tmp_path):
    config.start_logging(written(f"[DEFAULT]\nlog_file = {tmp_path}/zaqar.log\n"))

    logging.getLogger("gunicorn.error").warning("Invalid request from %s: %s", "1.2.3.4", "x\n2026 forged\x1b[2J\u2028")
    try:
        raise ValueError("y\n2026 forged")
    except ValueError:
        logging.getLogger("pymongo").exception("It failed.")
    try:
        raise OSError("z\x1b[2J\r2026 forged")
    except OSError:
        logging.getLogger("zaqar").warning("oslo.log adds the words of an exception of its own accord.")

    text = (tmp_path / "zaqar.log").read_bytes().decode()
    lines = text.split("\n")
    assert text.replace("\n", "").isprintable()
    assert not [line for line in lines if line.startswith("2026 forged")]
    assert r"x\n2026 forged\x1b[2J\u2028" in lines[0]
    assert r"ValueError: y\n2026 forged" in lines[-3]
    assert lines[-2].endswith(r": OSError: z\x1b[2J\r2026 forged")
