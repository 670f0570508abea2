"""Connection strings, options and what is refused at the start."""

import pytest

from tests.integration.server.certificates import self_signed
from tests.storage.mongodb.opening import management_store, message_store, warnings
from zaqar.errors import ConfigurationError
from zaqar.storage.mongodb.server.address import Tls, parse
from zaqar.storage.mongodb.server.opening import connect

NONE = Tls()


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("mongodb://h", "mongodb://h"),
        ("mongodb://u:p%40x@h1:1,h2:2/?replicaSet=rs", "mongodb://h1:1,h2:2"),
        ("mongodb.fifo://h/", "mongodb://h"),
        ("mongodb+srv://u:secret@cluster.example.org/admin?w=majority", "mongodb+srv://cluster.example.org"),
        ("mongodb://[::1]:27018/?tls=true", "mongodb://[::1]:27018"),
    ],
)
def test_every_form_of_a_uri_is_taken(uri, place):
    assert parse(uri, tls=NONE).place == place


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://u:secret@h1,h2/?replicaSet=rs&readPreference=secondaryPreferred",
        "mongodb.fifo://u:secret@h/?w=2&journal=true",
        "mongodb://h/?tls=true&tlsAllowInvalidCertificates=true",
        "mongodb://h/?ssl=true",
    ],
)
def test_the_client_takes_what_was_accepted(uri):
    """W-M16: replica sets and TLS, what could not start on current clients."""
    client = connect(parse(uri, tls=NONE), connect=False)

    assert client.options.pool_options.connect_timeout == 5
    client.close()


def test_what_is_acknowledged_is_with_a_majority_and_in_the_journal():
    client = connect(parse("mongodb://h", tls=NONE), connect=False)

    assert client.write_concern.document == {"w": "majority", "j": True}
    assert client.options.retry_writes
    client.close()


@pytest.mark.parametrize("words", ["w=1", "journal=false", "w=majority&journal=false", "w=1&journal=true"])
def test_a_weaker_write_concern_is_refused_unless_the_operator_wants_it(words):
    uri = f"mongodb://u:secret@h/?{words}"
    for opening in (message_store, management_store, warnings):
        with pytest.raises(ConfigurationError, match="unreliable = true") as refusal:
            opening(uri)
        assert "secret" not in str(refusal.value)

    message_store(uri, unreliable=True).close()


@pytest.mark.parametrize("words", ["w=0", "w=0&journal=false"])
@pytest.mark.parametrize("is_unreliable", [True, False])
def test_answers_that_would_not_come_are_refused_whatever_the_operator_wants(words, is_unreliable):
    for opening in (message_store, management_store, warnings):
        with pytest.raises(ConfigurationError, match="says w=0"):
            opening(f"mongodb://h/?{words}", unreliable=is_unreliable)


@pytest.mark.parametrize("words", ["w=majority", "w=2", "w=dc_and_dc2", "journal=true", "wtimeoutMS=500"])
def test_a_write_concern_that_survives_a_server_is_taken(words):
    parse(f"mongodb://h/?{words}", tls=NONE)


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "",
        "secret",
        "redis://u:secret@h",
        "mongodb://",
        "mongodb://u:secret@",
        "mongodb://u:se/cret@h",
        "mongodb://u:se:cret@h",
        "mongodb://u:secret@h/?nonsense",
        "mongodb://u:secret@h/?w=majority&wtimeoutMS=secret",
    ],
)
def test_a_uri_that_cannot_be_used_is_refused_without_being_quoted(uri):
    with pytest.raises(ConfigurationError) as refusal:
        parse(uri, tls=NONE)

    assert "cret" not in str(refusal.value).replace("secret store", "")
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("mongodb://host:abc", "a port"),
        ("mongodb://host:99999", "a port"),
        ("mongodb://u:secret@host:99999", "a port"),
        ("mongodb://::1", "brackets"),
        ("mongodb://u:se?cret@host", "reserved"),
        ("mongodb://u:se/cret@host", "reserved"),
        ("mongodb://:secret@host", "no user name"),
        ("mongodb://host/?nonsense=1", "an option"),
        ("mongodb://h1,h2/?directConnection=true", "go together"),
    ],
)
def test_what_is_refused_is_blamed_on_what_is_there(uri, words):
    with pytest.raises(ConfigurationError, match=words):
        parse(uri, tls=NONE)


@pytest.mark.parametrize("option", ["tlsCAFile", "tlsCertificateKeyFile"])
@pytest.mark.parametrize("kind", ["nothing", "a directory", "no certificate"])
def test_a_file_of_the_uri_that_cannot_be_used_is_refused(option, kind, tmp_path):
    path = file_of_kind(kind, tmp_path)

    with pytest.raises(ConfigurationError, match="file"):
        warnings(f"mongodb://h/?tls=true&{option}={path}", retry_deadline=0.3)


@pytest.mark.parametrize("option", ["ssl_ca_certs", "ssl_certfile"])
@pytest.mark.parametrize("kind", ["nothing", "a directory", "no certificate"])
def test_a_file_of_the_options_that_cannot_be_used_is_refused(option, kind, tmp_path):
    path = file_of_kind(kind, tmp_path)

    with pytest.raises(ConfigurationError, match="file"):
        warnings("mongodb://h/?tls=true", retry_deadline=0.3, **{option: str(path)})


def file_of_kind(kind, folder):
    path = folder / "file.pem"
    if kind == "a directory":
        path.mkdir()
    elif kind == "no certificate":
        path.write_text("This is no certificate.")
    return path


def test_options_of_tls_reach_the_client(tmp_path):
    files = self_signed(tmp_path)
    tls = Tls(None, str(files.key), "CERT_NONE", str(files.certificate))

    address = parse("mongodb://h/?tls=true", tls=tls)

    assert address.keywords["tlsCertificateKeyFile"] == str(files.key)
    assert address.keywords["tlsCAFile"] == str(files.certificate)
    assert address.keywords["tlsAllowInvalidCertificates"] is True


@pytest.mark.parametrize(
    "tls",
    [Tls(ssl_ca_certs="/nowhere.pem"), Tls(ssl_certfile="/nowhere.pem"), Tls(ssl_keyfile="/a", ssl_certfile="/b")],
)
@pytest.mark.parametrize("uri", ["mongodb://h", "mongodb://h/?tls=true"])
def test_options_of_tls_that_would_do_nothing_are_refused(tls, uri):
    with pytest.raises(ConfigurationError, match="ssl_"):
        parse(uri, tls=tls)


def test_certificates_that_need_not_be_good_need_tls():
    with pytest.raises(ConfigurationError, match="ssl_cert_reqs"):
        parse("mongodb://h", tls=Tls(ssl_cert_reqs="CERT_NONE"))

    parse("mongodb://h", tls=Tls(ssl_cert_reqs="CERT_REQUIRED"))


@pytest.mark.parametrize("name", ["", "a.b", "a b", "$a", "a/b", "x" * 64])
def test_a_database_that_cannot_be_is_refused(name):
    with pytest.raises(ConfigurationError, match="database"):
        message_store("mongodb://h", database=name)


def test_a_single_server_is_told_to_be_one(server):
    (line,) = warnings(server.uri)

    assert "single server" in line
    assert server.uri in line


def test_a_server_that_is_away_is_told_and_no_obstacle():
    (line,) = warnings("mongodb://u:secret@127.0.0.1:1/", retry_deadline=0.3)

    assert "does not answer" in line
    assert "secret" not in line
