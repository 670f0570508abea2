"""Options, sections and variables that nobody reads, each with what was likely meant."""

import pytest

from zaqar import config

OF_OTHERS = """
[DEFAULT]
transport_url = rabbit://u:s3cret@h/
rpc_response_timeout = 60
[keystone_authtoken]
memcached_servers = h:11211
[oslo_messaging_rabbit]
heartbeat_rate = 3
[oslo_middleware]
enable_proxy_headers_parsing = true
[profiler]
trace_sqlalchemy = true
[cache]
backend = dogpile.cache.memcached
"""


@pytest.mark.parametrize(
    ("section", "name", "hint"),
    [
        ("server", "worker", "workers"),
        ("server", "Workers", "workers"),
        ("server", "unix-socket", "unix_socket"),
        ("server", "TLS-Key", "tls_key"),
        ("server", "port", "[drivers:transport:wsgi] port"),
        ("DEFAULT", "workers", "[server] workers"),
        ("DEFAULT", "auth_stratgy", "auth_strategy"),
        ("transport", "max_message_per_page", "max_messages_per_page"),
        ("drivers", "message_stores", "message_store"),
        ("drivers", "Storage", "message_store"),
        ("drivers:message_store:redis", "url", "uri"),
        ("oslo_policy", "policy_fil", "policy_file"),
        ("cors", "allowed_origins", "allowed_origin"),
    ],
)
def test_an_option_that_nobody_knows_is_told_with_the_nearest(written, tmp_path, section, name, hint):
    assert config.unknown_settings(written(f"[{section}]\n{name} = 4\n")) == [
        f"[{section}] {name} in {tmp_path}/written.conf is unknown and has no effect: did you mean {hint}?"
    ]


def test_an_option_like_no_other_is_told_without_a_guess(written, tmp_path):
    assert config.unknown_settings(written("[server]\nzzz = 4\n")) == [
        f"[server] zzz in {tmp_path}/written.conf is unknown and has no effect."
    ]


@pytest.mark.parametrize(
    ("section", "names", "hint"),
    [
        ("servers", ["workers", "threads"], "server"),
        ("sever", ["workers"], "server"),
        ("default", ["auth_strategy"], "DEFAULT"),
        ("wsgi", ["bind", "port"], "drivers:transport:wsgi"),
        ("limits:transport", ["max_queues_per_page"], "transport"),
        ("drivers:storage:mongodb", ["uri"], "drivers:message_store:mongodb"),
        ("drivers:message-store:redis", ["uri"], "drivers:message_store:redis"),
        ("oslo_polcy", ["policy_file"], "oslo_policy"),
    ],
)
def test_a_section_that_nobody_knows_is_told_with_the_nearest(written, tmp_path, section, names, hint):
    lines = "".join(f"{name} = 4\n" for name in names)

    assert config.unknown_settings(written(f"[{section}]\n{lines}")) == [
        (
            f"The section [{section}] in {tmp_path}/written.conf is unknown, and what it sets ({', '.join(names)}) has no "
            f"effect: did you mean [{hint}]?"
        )
    ]


def test_a_section_like_no_other_is_told_without_a_guess(written, tmp_path):
    assert config.unknown_settings(written("[zzz]\nyyy = 4\n")) == [
        f"The section [zzz] in {tmp_path}/written.conf is unknown, and what it sets (yyy) has no effect."
    ]


def test_every_file_and_folder_is_looked_at(tmp_path):
    one, folder = tmp_path / "one.conf", tmp_path / "folder"
    folder.mkdir()
    one.write_text("[server]\nworker = 1\n")
    (folder / "two.conf").write_text("[server]\nworker = 2\nthreats = 3\n")

    lines = config.unknown_settings(config.load(["--config-file", str(one), "--config-dir", str(folder)]))

    assert [line.split(" is ")[0] for line in lines] == [
        f"[server] worker in {one}",
        f"[server] worker in {folder}/two.conf",
        f"[server] threats in {folder}/two.conf",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        OF_OTHERS,
        "[SERVER]\nthreads = 3\n",
        "[DEFAULT]\nsharding = false\ndaemon = true\ndebug = true\n",
        "[DEFAULT]\nlogfile = zaqar.log\nlog_date_format = %H\n",
        "[drivers]\nstorage = redis\n",
        "[drivers:transport:websocket]\nexternal_port = 1\n",
        "[drivers]\nmessage_store = theirs\n[drivers:message_store:theirs]\nuri = x\npages = 3\n",
    ],
)
def test_what_is_known_here_or_to_a_library_or_by_an_old_name_is_no_mistake(written, text):
    assert config.unknown_settings(written(text)) == []


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("OS_SERVER__WORKER", ": did you mean OS_SERVER__WORKERS?"),
        ("OS_SERVER_WORKERS", ": did you mean OS_SERVER__WORKERS?"),
        ("OS_SERVER__zzz", "."),
        ("OS_SERVERS__WORKERS", ": did you mean OS_SERVER__WORKERS?"),
        ("OS_DRIVERS_TRANSPORT_WSGI__PORT", ": did you mean OS_DRIVERS:TRANSPORT:WSGI__PORT?"),
        ("OS_DEFAULT__SHARDING", ": did you mean OS_DEFAULT__POOLING?"),
    ],
)
def test_a_variable_that_nobody_knows_is_told_with_the_nearest(written, monkeypatch, variable, hint):
    monkeypatch.setenv(variable, "s3cret")

    assert config.unknown_settings(written()) == [f"The variable {variable} is unknown and has no effect{hint}"]


@pytest.mark.parametrize(
    "variable", ["OS_AUTH_URL", "OS_PROJECT_NAME", "OS_SERVER__WORKERS", "OS_XYZ__ABC", "OS_CACHE__ENABLED"]
)
def test_variables_of_others_are_left_alone(written, monkeypatch, variable):
    monkeypatch.setenv(variable, "3")

    assert config.unknown_settings(written()) == []


def test_what_is_unknown_is_among_the_warnings(written):
    (line,) = config.warnings(written("[server]\nworker = 4\n"))

    assert "did you mean workers?" in line
