import pytest

from zaqar import config
from zaqar.errors import ConfigurationError

# As deployments of Zaqar write it, without what is refused.
ZAQAR_FILE = """
[DEFAULT]
debug = True
unreliable = True
admin_mode = True
log_dir =
[signed_url]
secret_key = notreallysecret
[storage]
message_pipeline = zaqar.notification.notifier
[drivers:transport:websocket]
bind = 0.0.0.0
port = 9000
external_port = 9001
[drivers]
message_store = sqlalchemy
management_store = sqlalchemy
[drivers:management_store:sqlalchemy]
uri = sqlite:////var/lib/zaqar/zaqar.db
[pooling:catalog]
enable_virtual_pool = True
[keystone_authtoken]
auth_type = password
auth_url = http://keystone/identity
memcached_servers = localhost:11211
[trustee]
auth_type = password
[cache]
enabled = False
[oslo_messaging_notifications]
driver = noop
"""

REFUSED = [
    ("[DEFAULT]\nauth_strategy = basic\n", "[DEFAULT] auth_strategy = basic"),
    ("[DEFAULT]\npooling = true\n", "[DEFAULT] pooling"),
    ("[DEFAULT]\nsharding = true\n", "[DEFAULT] pooling"),
    ("[drivers]\ntransport = websocket\n", "[drivers] transport = websocket"),
    ("[drivers]\nmessage_store = swift\n", "[drivers] message_store = swift"),
    ("[drivers]\nstorage = swift\n", "[drivers] message_store = swift"),
    ("[drivers:message_store:redis]\nuri = redis://h\n", "[drivers:message_store:redis] uri"),
    ("[drivers:message_store:mongodb]\nuri = mongodb://h\n", "[drivers:message_store:mongodb] uri"),
    ("[drivers:message_store:swift]\nuri = swift://u:p@/p\n", "[drivers:message_store:swift] uri"),
    ("[drivers:management_store:mongodb]\nuri = mongodb://h\n", "[drivers:management_store:mongodb] uri"),
    ("[drivers:message_store:elsewhere]\nuri = elsewhere:///a\n", "[drivers:message_store:elsewhere] uri"),
    (
        "[drivers]\nmessage_store = sqlalchemy\n[drivers:management_store:redis]\nuri = redis://h\n",
        "[drivers:management_store:redis] uri",
    ),
    ("[storage]\nmessage_pipeline = zaqar.notification.notifier,audit\n", "[storage] message_pipeline"),
    ("[storage]\nqueue_pipeline = audit\n", "[storage] queue_pipeline"),
    ("[transport]\nmin_length_client_id = 40\n", "[transport] min_length_client_id"),
    ("[transport]\nmessage_encryption_algorithms = RSA\n", "message_encryption_algorithms"),
    ("[transport]\nmessage_encryption_keys = a:good, s3cret\n", "message_encryption_keys: number 2"),
    ("[transport]\nmessage_encryption_keys = :s3cret\n", "message_encryption_keys: number 1"),
    ("[transport]\nmessage_encryption_keys = a:\n", "message_encryption_keys: number 1"),
    ("[transport]\nmessage_encryption_keys = a b:s3cret\n", "message_encryption_keys: number 1"),
    ("[transport]\nmessage_encryption_keys = a:AES256\n", "message_encryption_keys: number 1"),
    ("[transport]\nmessage_encryption_keys = a:s3cret, a:other\n", "message_encryption_keys names a more than once"),
    (
        "[transport]\nmessage_encryption_keys = default:s3cret\nmessage_encryption_key = other\n",
        "message_encryption_keys names default",
    ),
    ("[signed_url]\nprevious_secret_keys = a-former-key\n", "[signed_url] previous_secret_keys"),
    ("[server]\ntls_key = /key.pem\n", "[server] tls_key"),
    ("[server]\ntls_client_ca = /ca.pem\n", "[server] tls_client_ca"),
]


@pytest.mark.parametrize(("text", "option"), REFUSED)
def test_what_cannot_be_had_is_refused_by_name(written, text, option):
    with pytest.raises(ConfigurationError) as refusal:
        written(text, checks=config.standard_checks())

    assert option in str(refusal.value)
    assert len(refusal.value.sentences) == 1
    assert "\n" not in str(refusal.value)
    assert "://" not in str(refusal.value), "an address may hold a password"
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ZAQAR_FILE,
        "[DEFAULT]\npooling = false\nauth_strategy =\n",
        "[drivers]\nmessage_store = third-party\n",
        "[drivers]\nmessage_store = redis\n",
        "[drivers]\nstorage = mongodb\nmanagement_store = mongodb.fifo\n[drivers:message_store:mongodb]\nuri = mongodb://h\n",
        "[drivers]\nmanagement_store = redis\n[drivers:management_store:redis]\nuri = redis://h\n",
        "[drivers]\nmessage_store = redis\n[drivers:message_store:redis]\nuri = redis://h\nmax_reconnect_attempts = 3\n",
        "[drivers]\nmessage_store = sqlalchemy\n[drivers:message_store:redis]\nuri = redis://h\n",
        "[transport]\nmessage_encryption_algorithms = AES256\nmessage_encryption_key = secret\n",
        '[transport]\nmessage_encryption_keys = a:secret, b:it:has:colons, "c:and, a comma"\n',
        "[drivers:transport:websocket]\nbind = 0.0.0.0\n",
        "[server]\ntls_certificate = /chain.pem\n",
    ],
)
def test_what_can_be_had_passes(written, text):
    written(text, checks=config.standard_checks())


def test_an_application_loaded_by_another_server_is_http_whatever_the_transport(written):
    written("[drivers]\ntransport = websocket\n", checks=config.standard_checks(serves_transport=False))


def test_nothing_set_gives_no_warning(written):
    assert config.warnings(written()) == []


def test_a_key_that_can_be_guessed_is_worth_a_warning(written):
    long = "[signed_url]\nsecret_key = 0123456789abcdef\n"
    (of_newest,) = config.warnings(written("[signed_url]\nsecret_key = s3cret\n"))
    (of_former,) = config.warnings(written(f"{long}previous_secret_keys = s3cret\n"))

    assert "fewer than 16 characters" in of_newest
    assert "s3cret" not in of_newest
    assert of_former == of_newest
    assert config.warnings(written(long)) == []


def test_a_key_of_bodies_that_protects_nothing_is_worth_a_warning(written):
    long = "[transport]\nmessage_encryption_keys = 2027:0123456789abcdef"
    (of_none,) = config.warnings(written("[transport]\nmessage_encryption_key = AES256\n"))
    (of_short,) = config.warnings(written(f"{long}, 2026:s3cret\nmessage_encryption_key = s3cret\n"))

    assert "AES256 is no key" in of_none
    assert "2026, default" in of_short
    assert "s3cret" not in of_short
    assert config.warnings(written(f"{long}\n")) == []


@pytest.mark.parametrize(
    "text",
    [
        '[signed_url]\nsecret_key = key\nprevious_secret_keys = "key\n',
        '[transport]\nmessage_encryption_keys = "a:key\n',
    ],
)
def test_what_was_refused_is_not_warned_of(tmp_path, text):
    path = tmp_path / "zaqar.conf"
    path.write_text(text)

    reading = config.read(files=[str(path)])

    assert len(reading.refusals) == 1
    assert config.warnings(reading.conf) == []


def test_options_without_use_are_listed_in_one_line(written):
    (line,) = config.warnings(
        written(
            "[DEFAULT]\nadmin_mode = true\n[profiler]\nenabled = true\n[transport]\nmax_message_ttl = 90\n"
            "[drivers:transport:websocket]\nnotification_port = 1\n"
        )
    )

    assert line == (
        "These options are set and have no use in this service, yet or any more: [DEFAULT] admin_mode, "
        "[drivers:transport:websocket] notification-port, [profiler] enabled."
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[cache]\nenabled = true\n", "[cache] enabled"),
        ("[keystone_authtoken]\nauth-url = http://k\npassword = p$s\n", "[keystone_authtoken]"),
        ("[trustee]\nauth_type = password\n", "[trustee] auth_type"),
        ("[oslo_reports]\nfile_event_handler = /f\n", "[oslo_reports] file_event_handler"),
        (
            "[profiler]\nhmac_keys = s3cret\nconnection_string = redis://h\n",
            "[profiler] connection_string, [profiler] hmac_keys",
        ),
    ],
)
def test_options_of_libraries_that_are_not_used_yet_are_listed_too(written, text, named):
    assert config.warnings(written(text)) == [
        f"These options are set and have no use in this service, yet or any more: {named}."
    ]


def test_options_of_libraries_are_seen_in_folders_and_variables_too(tmp_path, monkeypatch):
    (tmp_path / "a.conf").write_text("[trustee]\nauth_type = password\n")
    monkeypatch.setenv("OS_CACHE__ENABLED", "true")

    (line,) = config.warnings(config.load(["--config-dir", str(tmp_path)]))

    assert line.endswith(": [cache] enabled, [trustee] auth_type.")


def test_a_section_without_a_value_gives_no_warning(written):
    assert config.warnings(written("[keystone_authtoken]\n# auth_url = x\n[trustee]\n[cache]\nbackend = b\n")) == []


def test_options_in_use_give_no_warning(written):
    text = "[DEFAULT]\nenable_checksum = true\n[server]\nthreads = 3\n[drivers]\nstorage = sqlalchemy\n"

    assert config.warnings(written(text)) == []


def test_the_notifier_may_be_named_as_a_stage(written):
    assert config.warnings(written("[storage]\nmessage_pipeline = zaqar.notification.notifier\n")) == []


def test_a_notifier_that_is_named_and_switched_off_is_warned_about(written):
    text = "[storage]\nmessage_pipeline = zaqar.notification.notifier\n[notification]\nenabled = false\n"

    assert config.warnings(written(text)) == [
        "[storage] names zaqar.notification.notifier, but [notification] enabled is false: nobody is notified."
    ]


def test_confirmations_that_cannot_be_signed_are_warned_about(written):
    (line,) = config.warnings(written("[notification]\nrequire_confirmation = true\n"))

    assert "[signed_url] secret_key is not set" in line


@pytest.mark.parametrize("name", ["allowed_networks", "denied_networks"])
def test_a_network_that_is_none_is_refused(written, name):
    with pytest.raises(ConfigurationError, match=f"{name}: 10.0.0.1/8 has host bits set"):
        written(f"[notification]\n{name} = 10.0.0.1/8\n", checks=config.standard_checks())


def test_a_file_written_for_zaqar_gives_two_warnings(written):
    assert len(config.warnings(written(ZAQAR_FILE))) == 2
