import pytest

from zaqar import config
from zaqar.errors import ConfigurationError

PAGE = "[transport]\nmax_messages_per_page = {}\n"


def _page(conf):
    return conf.transport.max_messages_per_page


def test_several_files_are_read_and_the_later_one_wins(tmp_path):
    one, two = tmp_path / "one.conf", tmp_path / "two.conf"
    one.write_text(PAGE.format(5) + "max_queues_per_page = 6\n")
    two.write_text(PAGE.format(7))

    conf = config.load(files=[str(one), str(two)])

    assert (_page(conf), conf.transport.max_queues_per_page) == (7, 6)


@pytest.mark.parametrize(
    "place", [".zaqar/zaqar.conf", "zaqar.conf", ".zaqar/zaqar-gc.conf", ".zaqar/zaqar.conf.d/a.conf"]
)
def test_without_files_the_usual_places_are_looked_at(home, place):
    path = home / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGE.format(9))

    assert _page(config.load(prog="zaqar-gc")) == 9


def test_files_that_are_named_replace_the_usual_places(home, written):
    (home / "zaqar.conf").write_text(PAGE.format(9))

    assert _page(written()) == 20


def test_the_command_line_names_files_and_folders(tmp_path):
    one, folder = tmp_path / "one.conf", tmp_path / "folder"
    one.write_text(PAGE.format(5))
    folder.mkdir()
    (folder / "two.conf").write_text("[transport]\nmax_queues_per_page = 6\n")

    conf = config.load(["--config-file", str(one), "--config-dir", str(folder), "--debug"])

    assert (_page(conf), conf.transport.max_queues_per_page, conf.debug) == (5, 6, True)


def test_a_missing_file_is_a_sentence(tmp_path):
    missing = str(tmp_path / "missing.conf")

    with pytest.raises(ConfigurationError, match=rf"^Configuration file not found: {missing}.$"):
        config.load(files=[missing])
    with pytest.raises(ConfigurationError, match=rf"^Configuration file not found: {missing}.$"):
        config.load(["--config-file", missing])


@pytest.mark.parametrize("names", [["{}", ""], ["", "{}"], ["", "{}", ""]])
def test_an_empty_name_names_no_file(tmp_path, names):
    path = tmp_path / "one.conf"
    path.write_text(PAGE.format(5))

    assert _page(config.load(files=[name.format(path) for name in names])) == 5


def test_empty_names_alone_stand_for_the_usual_places(home):
    (home / "zaqar.conf").write_text(PAGE.format(9))

    assert _page(config.load(files=["", ""])) == 9


@pytest.mark.parametrize(
    "text",
    [
        "[transport]\nmax_messages_per_page = many\n",
        "[transport]\nmax_messages_per_page = 0\n",
        "[transport]\nmax_message_ttl = 59\n",
        "[transport]\ndefault_message_delay = -1\n",
        "[transport]\nclient_id_uuid_safe = maybe\n",
        "[server]\nengine = apache\n",
        "[server]\nclient_timeout = 0\n",
        "[drivers:transport:wsgi]\nport = 65536\n",
        "[drivers:transport:wsgi]\nbind = not an address\n",
        "[drivers:message_store:sqlalchemy]\nsynchronous = OFF\n",
        "[drivers:message_store:mongodb]\nmax_attempts = -1\n",
        "[cors]\nmax_age = old\n",
        "[DEFAULT]\nrate_limit_interval = often\n",
        "[signed_url]\nsecret_key = $nonsense\n",
        "max_messages_per_page\n",
        "[transport\n",
    ],
)
def test_a_senseless_value_stops_the_start_in_one_line(written, text):
    with pytest.raises(ConfigurationError) as refusal:
        written(text)

    assert "\n" not in str(refusal.value)
    assert "__" not in str(refusal.value)
    assert "LocationInfo" not in str(refusal.value)


@pytest.mark.parametrize(
    ("group", "option", "value", "reason"),
    [
        ("drivers:message_store:redis", "max_reconnect_attempts", "x", "not a whole number: 'x'."),
        ("drivers:message_store:redis", "socket_timeout", "x", "not a number: 'x'."),
        ("transport", "max_messages_per_page", "0", "Should be greater than or equal to 1."),
        ("cors", "max_age", "old", "not a whole number: 'old'."),
        ("DEFAULT", "debug", "perhaps", "Unexpected boolean value 'perhaps'."),
        ("DEFAULT", "rate_limit_interval", "often", "not a whole number: 'often'."),
    ],
)
def test_a_senseless_value_is_told_with_its_option_and_file(written, tmp_path, group, option, value, reason):
    with pytest.raises(ConfigurationError) as refusal:
        written(f"[{group}]\n{option} = {value}\n")

    assert str(refusal.value) == f"[{group}] {option} in {tmp_path}/written.conf cannot be used: {reason}"


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("signed_url", "secret_key", "$s3cret"),
        ("signed_url", "previous_secret_keys", '"s3cret, other'),
        ("transport", "message_encryption_keys", '"a:s3cret'),
        ("drivers:message_store:redis", "uri", "redis://:$s3cret@h"),
    ],
)
def test_a_senseless_value_that_is_secret_is_not_told(written, section, option, value):
    with pytest.raises(ConfigurationError) as refusal:
        written(f"[{section}]\n{option} = {value}\n")

    assert f"[{section}] {option} in " in str(refusal.value)
    assert "s3cret" not in str(refusal.value)
    assert "$$" in str(refusal.value)


@pytest.mark.parametrize("text", ["", "[transport]\nmax_messages_per_page = 5\n"])
def test_a_senseless_value_of_a_variable_is_told_with_the_variable(written, monkeypatch, text):
    monkeypatch.setenv("OS_TRANSPORT__MAX_MESSAGES_PER_PAGE", "many")

    with pytest.raises(ConfigurationError) as refusal:
        written(text)

    assert str(refusal.value) == (
        "[transport] max_messages_per_page in the variable OS_TRANSPORT__MAX_MESSAGES_PER_PAGE cannot be used: "
        "not a whole number: 'many'."
    )


def test_unknown_options_and_groups_are_ignored(written):
    written("[DEFAULT]\nworkers = 2x\nverbose = true\n[drivers:storage:mongodb]\nuri = mongodb://h\n[other]\na = 1\n")


def test_all_values_that_cannot_be_used_are_told_at_once(written, monkeypatch):
    monkeypatch.setenv("OS_TRANSPORT__MAX_CLAIM_TTL", "long")
    text = "[server]\nthreads = many\nengine = steam\n[cors]\nmax_age = old\n[DEFAULT]\nqueue_cache_time = nan\n"

    with pytest.raises(ConfigurationError) as refusal:
        written(text, "--port", "none", "--workers", "0", prog="zaqar-server")

    assert [sentence.split(" in ")[0].split(" cannot")[0] for sentence in refusal.value.sentences] == [
        "[DEFAULT] queue_cache_time",
        "[server] engine",
        "[server] threads",
        "[transport] max_claim_ttl",
        "[cors] max_age",
        "--port none",
        "--workers 0",
    ]


def test_what_the_checks_refuse_is_told_with_the_values(written):
    with pytest.raises(ConfigurationError) as refusal:
        written(
            "[DEFAULT]\npooling = true\n[server]\nthreads = many\n[drivers:transport:wsgi]\nbind = 192.0.2.1\n",
            checks=[*config.standard_checks(), config.check_address],
        )

    assert len(refusal.value.sentences) == 3


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("[server]\nallow_unauthenticated = yess\n[drivers:transport:wsgi]\nbind = 192.0.2.1\n", ()),
        ("[drivers:transport:wsgi]\nbind = 192.0.2.1\n", ("--bind", "no address")),
    ],
)
def test_a_check_that_needs_a_value_that_was_refused_says_nothing(written, text, flags):
    with pytest.raises(ConfigurationError) as refusal:
        written(text, *flags, prog="zaqar-server", checks=[config.check_address])

    assert len(refusal.value.sentences) == 1


def test_the_file_that_is_named_is_the_one_whose_value_is_in_force(tmp_path):
    one, two = tmp_path / "one.conf", tmp_path / "two.conf"
    one.write_text("[server]\nthreads = many\n")
    two.write_text("[server]\nworkers = 2\n")

    with pytest.raises(ConfigurationError, match=rf"^\[server\] threads in {one} cannot be used"):
        config.load(files=[str(one), str(two)])


def test_all_files_that_cannot_be_read_and_all_wrong_lines_are_told_at_once(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    wrong, binary, missing = tmp_path / "wrong.conf", folder / "binary.conf", tmp_path / "missing.conf"
    wrong.write_text("a = 1\n[transport\n[server]\npassword s3cret\n= 1\nthreads = 2\n")
    binary.write_bytes(b"[server]\n\xff = 1\n")
    named = [word for path in (wrong, missing, tmp_path) for word in ("--config-file", str(path))]

    with pytest.raises(ConfigurationError) as refusal:
        config.load([*named, "--config-dir", str(folder)])

    assert [sentence.replace(str(tmp_path), "") for sentence in refusal.value.sentences] == [
        "Configuration file /wrong.conf, line 2: section must be started before assignment.",
        "Configuration file /wrong.conf, line 2: invalid section (must end with ]).",
        "Configuration file /wrong.conf, line 4: no ':' or '=' found in assignment.",
        "Configuration file /wrong.conf, line 5: key cannot be empty.",
        "Configuration file not found: /missing.conf.",
        "Configuration file  cannot be read: Is a directory.",
        (
            "Configuration file /folder/binary.conf is no text: 'utf-8' codec can't decode byte 0xff in position 9: "
            "invalid start byte."
        ),
    ]


@pytest.mark.parametrize(
    ("text", "group", "option", "value"),
    [
        ("[DEFAULT]\nsharding = true\n", None, "pooling", True),
        ("[drivers]\nstorage = other\n", "drivers", "message_store", "other"),
    ],
)
def test_old_names_are_read(written, text, group, option, value):
    conf = written(text)

    assert (conf[group] if group else conf)[option] == value


def test_logs_go_to_standard_error_where_no_file_takes_them(written, tmp_path):
    assert written().use_stderr is True
    assert written("[DEFAULT]\nlog_file = zaqar.log\n").use_stderr is False


def test_the_server_has_short_flags_that_override_the_file(written):
    conf = written(
        "[DEFAULT]\nbind = elsewhere\n[drivers:transport:wsgi]\nbind = 127.0.0.2\nport = 1\n[server]\nthreads = 4\n",
        *("--bind", "::1", "--port", "9999", "--engine", "granian", "--workers", "3", "--admin_mode"),
        prog="zaqar-server",
    )

    wsgi = conf["drivers:transport:wsgi"]
    assert (wsgi.bind, wsgi.port, conf.server.engine, conf.server.threads) == ("::1", 9999, "granian", 4)
    assert (config.workers(conf), conf.admin_mode) == (3, True)


def test_a_senseless_flag_is_named(written):
    with pytest.raises(ConfigurationError, match=r"^--port none cannot be used: "):
        written("", "--port", "none", prog="zaqar-server")


def test_workers_follow_the_number_of_processors_within_bounds(written, monkeypatch):
    counts = []
    for processors in (1, 4, 64):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, processors=processors: set(range(processors)))
        counts.append(config.workers(written()))

    assert counts == [2, 4, 8]
