"""Every form of a Redis address, and what is said of those that are none."""

import string
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.integration.server.certificates import self_signed
from zaqar.errors import ConfigurationError
from zaqar.storage.redis.server.address import Address, parse
from zaqar.storage.redis.server.tls import Tls

H = (("h", 6379),)
SENTINELS = (("h1", 26379), ("h2", 5000))
GOOD = {
    "redis://h": Address("server", H),
    "REDIS://h": Address("server", H),
    "redis://h/": Address("server", H),
    "redis://h?": Address("server", H),
    "redis://h:7000": Address("server", (("h", 7000),)),
    "redis://h:1/2": Address("server", (("h", 1),), database=2),
    "redis://h?dbid=15": Address("server", H, database=15),
    "redis://h/?dbid=3&": Address("server", H, database=3),
    "redis://redis_1.my-net:6379": Address("server", (("redis_1.my-net", 6379),)),
    "redis://[::1]": Address("server", (("::1", 6379),)),
    "redis://[fe80::1%25eth0]:7000": Address("server", (("fe80::1%eth0", 7000),)),
    "redis://:secret@h": Address("server", H, password="secret"),
    "redis://bob:secret@h": Address("server", H, username="bob", password="secret"),
    "redis://bob:se:c@ret@h": Address("server", H, username="bob", password="se:c@ret"),
    "redis://b%40b:%2Fse%3Fc%25ret%23@h": Address("server", H, username="b@b", password="/se?c%ret#"),
    "redis://:se+cret@h": Address("server", H, password="se+cret"),
    "redis://:zürich@h": Address("server", H, password="zürich"),
    "redis:///run/redis.sock": Address("server", path="/run/redis.sock"),
    "redis:///2": Address("server", path="/2"),
    "redis:///run/a@b%3F.sock?dbid=4": Address("server", path="/run/a@b?.sock", database=4),
    "redis://:secret@/run/redis.sock": Address("server", path="/run/redis.sock", password="secret"),
    "redis://bob:secret@/r?socket_timeout=2": Address(
        "server", path="/r", username="bob", password="secret", socket_timeout=2.0
    ),
    "redis://h?socket_timeout=0.25&max_connections=3": Address("server", H, socket_timeout=0.25, max_connections=3),
    "redis://h?socket_timeout=.5": Address("server", H, socket_timeout=0.5),
    "redis://h1?master=m": Address("sentinel", SENTINELS[:1], master="m"),
    "redis://h1,h2:5000/3?master=m": Address("sentinel", SENTINELS, master="m", database=3),
    "redis://[::1]:5,[::2],h?master=m": Address("sentinel", (("::1", 5), ("::2", 26379), ("h", 26379)), master="m"),
    "redis://bob:secret@h1,h2:5000?master=my%20m&sentinel_username=s&sentinel_password=p%26+@": Address(
        "sentinel",
        SENTINELS,
        username="bob",
        password="secret",
        sentinel_username="s",
        sentinel_password="p&+@",
        master="my m",
    ),
    "redis-cluster://h": Address("cluster", H),
    "redis-cluster://:secret@h,h2:7/0": Address("cluster", (*H, ("h2", 7)), password="secret"),
    "redis-cluster://h?dbid=0": Address("cluster", H),
    "rediss://h": Address("server", H, tls=Tls()),
    "rediss://h1?master=m": Address("sentinel", SENTINELS[:1], master="m", tls=Tls()),
    "rediss-cluster://h": Address("cluster", H, tls=Tls()),
    "rediss://h?ssl_cert_reqs=none": Address("server", H, tls=Tls(requirement="none", checks_name=False)),
    "rediss://h?ssl_cert_reqs=optional": Address("server", H, tls=Tls(requirement="optional")),
    "rediss://h?ssl_check_hostname=false": Address("server", H, tls=Tls(checks_name=False)),
}

BAD = {
    "": "must begin with one of redis://",
    "h": "must begin with one of",
    "redis:h": "must begin with one of",
    "http://h": "must begin with one of",
    "unix:///run/redis.sock": "must begin with one of",
    "mongodb://:secret@h": "must begin with one of",
    "redis://": "neither a host nor the path",
    "redis:///": "neither a host nor the path",
    "redis://:secret@": "neither a host nor the path",
    "redis://?dbid=1": "neither a host nor the path",
    "redis://h:": "port that is no number",
    "redis://h:secret": "port that is no number",
    "redis://h:0": "from 1 to 65535",
    "redis://h:65536": "from 1 to 65535",
    "redis://h:-1": "port that is no number",
    "redis://h:٣": "port that is no number",
    "redis://h:" + "9" * 5000: "port that is no number",
    "redis://h:1/:secret": "number of a database",
    "redis://::1": "stands in brackets",
    "redis://[::1": "closing bracket",
    "redis://[::1]secret": "closing bracket",
    "redis://[secret]": "no IPv6 address",
    "redis://[::1]:x": "port that is no number",
    "redis://:6379": "empty host",
    "redis://h..secret": "host that is no name",
    "redis://sec ret": "character that no name has",
    "redis://sec#ret": "character that no name has",
    "redis://h\n": "cannot be printed",
    "redis://:\udc80secret@h": "cannot be printed",
    "redis://secret@h": "put a colon before it",
    "redis://secret@/run/redis.sock": "put a colon before it",
    "redis://secret@h1,h2?master=m": "put a colon before it",
    "redis://bob:@h": "empty password",
    "redis://:@h": "empty password",
    "redis://:100%secret@h": "write %25",
    "redis://:%FFsecret@h": "password in the uri of the redis store is not UTF-8",
    "redis://:sec/ret@h": "write %2F",
    "redis://bob:sec/ret@h": "write %2F",
    "redis://:sec?ret@h": "%3F",
    "redis://:sec?ret=secret@h": "%3F",
    "redis://h1,h2": r"\?master=NAME",
    "redis://h1,,h2?master=m": "empty host",
    "redis://h1,?master=m": "empty host",
    "redis://h1:x,h2?master=m": "port that is no number",
    "redis://?master=m": "a sentinel has at least one",
    "redis:///run/redis.sock?master=m": "a sentinel has at least one",
    "redis-cluster://": "a cluster has at least one",
    "redis-cluster:///run/redis.sock": "a cluster has at least one",
    "redis-cluster://h?master=m": "a Cluster has no master",
    "redis-cluster://h/1": "only number 0",
    "redis-cluster://h?dbid=1": "only number 0",
    "rediss:///run/redis.sock": "TLS on a Unix socket",
    "redis:///" + "x" * 107: "at most 107 bytes",
    "redis:///a%00b": "none of them zero",
    "redis://h/run/redis.sock": "redis:///PATH",
    "redis://h/-1": "number of a database",
    "redis://h/1?dbid=1": "the database twice",
    "redis://h?dbid=-1": "dbid in the uri of the redis store must be a whole number, 0 or more",
    "redis://h?dbid=1.0": "dbid",
    "redis://h?dbid=secret": "dbid",
    "redis://h?dbid=1&dbid=1": "gives the option dbid twice",
    "redis://h?dbid": "gives the option dbid no value",
    "redis://h?dbid=": "gives the option dbid no value",
    "redis://h?db=1": "has the option db, which is not known. Known are dbid, ",
    "redis://h?=1": "an option that is not known",
    "redis://h?DBID=1": "an option that is not known",
    "redis://h?a=secret@h": "an option that is not known",
    "redis://h?master=m&sentinel_password=pass&secret": "an option that is not known",
    "redis://h1?master=": "gives the option master no value",
    "redis://h?max_connections=0": "max_connections in the uri of the redis store must be a whole number, 1 or more",
    "redis://h?sentinel_password=secret": "sentinel_password without a master",
    "redis://h?sentinel_username=s&sentinel_password=secret": "sentinel_username without a master",
    "redis://h?master=m&sentinel_username=s": "sentinel_username without sentinel_password",
    "redis://h?ssl_cert_reqs=none": "ssl_cert_reqs without TLS: write rediss://",
    "redis-cluster://h?ssl_cert_reqs=none": "write rediss-cluster://",
    "rediss://h?ssl_cert_reqs=maybe": "one of required, optional, none",
    "rediss://h?ssl_check_hostname=1": "one of true, false",
    "rediss://h?ssl_cert_reqs=none&ssl_check_hostname=true": "no name to check",
    "rediss://h?ssl_keyfile=/key.pem": "ssl_keyfile without ssl_certfile",
    "rediss://h?ssl_ca_certs=/missing/secret.pem": "ssl_ca_certs of the uri of the redis store cannot be read: No such",
    "rediss://h?ssl_certfile=/missing/secret.pem": "cannot be read: No such file",
}
SECONDS = ["nan", "inf", "-1", "0", "0.0001", "3601", "1e300", "1_0", "soon", "%20", "1s", "٣"]


def _refusal(uri: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse(uri)
    return str(caught.value)


@pytest.mark.parametrize("uri", GOOD)
def test_an_address_is_understood(uri):
    assert parse(uri) == GOOD[uri]


@pytest.mark.parametrize("uri", GOOD)
def test_an_address_is_shown_without_what_is_secret(uri):
    address = parse(uri)

    shown = f"{address} {address!r}"

    assert not [secret for secret in (address.password, address.sentinel_password) if secret and secret in shown]


@pytest.mark.parametrize("uri", BAD, ids=lambda uri: ascii(uri[:40]))
def test_what_is_no_address_is_refused_with_a_sentence(uri):
    with pytest.raises(ConfigurationError, match=BAD[uri]):
        parse(uri)

    message = _refusal(uri)
    assert message.endswith(".")
    assert "\n" not in message
    assert "secret" not in message


@pytest.mark.parametrize("value", SECONDS)
def test_a_timeout_is_a_number_of_seconds(value):
    assert "socket_timeout in the uri of the redis store must be seconds" in _refusal(
        f"redis://h?socket_timeout={value}"
    )


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("redis://bob:secret@127.0.0.1/2?socket_timeout=3", "redis://127.0.0.1:6379/2"),
        ("redis://h?dbid=0", "redis://h:6379"),
        ("rediss://[::1]:7000", "rediss://[::1]:7000"),
        ("redis://:secret@/run/redis.sock?dbid=2", "redis:///run/redis.sock?dbid=2"),
        ("redis://h1,h2:5000?dbid=3&master=m&sentinel_password=secret", "redis://h1:26379,h2:5000/3?master=m"),
        ("rediss-cluster://:secret@h,h2:7", "rediss-cluster://h:6379,h2:7"),
    ],
)
def test_the_operator_reads_where_it_is_in_one_line(uri, place):
    assert str(parse(uri)) == parse(uri).place == place


def test_certificates_and_key_are_read(tmp_path):
    files = self_signed(tmp_path)
    options = f"ssl_ca_certs={files.certificate}&ssl_certfile={files.certificate}&ssl_keyfile={files.key}"

    found = parse(f"rediss://h?{options}").tls

    assert found == Tls(str(files.certificate), str(files.certificate), str(files.key))
    assert found.keywords() == {
        "ssl_ca_certs": str(files.certificate),
        "ssl_certfile": str(files.certificate),
        "ssl_keyfile": str(files.key),
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
    }


def test_a_certificate_and_its_key_may_be_one_file(tmp_path):
    files = self_signed(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())

    assert parse(f"rediss://h?ssl_certfile={both}").tls == Tls(certificate=str(both))


@pytest.mark.parametrize("option", ["ssl_ca_certs", "ssl_certfile"])
@pytest.mark.parametrize("content", [b"", b"no certificate", b"\x00\xff"])
def test_a_file_without_a_certificate_is_refused(option, content, tmp_path):
    path = tmp_path / "secret.pem"
    path.write_bytes(content)

    message = _refusal(f"rediss://h?{option}={path}")

    assert "no file in PEM format that can be used" in message
    assert "secret" not in message


def test_the_key_of_another_certificate_is_refused(tmp_path):
    folders = [Path(tmp_path, name) for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    first, second = (self_signed(folder) for folder in folders)

    message = _refusal(f"rediss://h?ssl_certfile={first.certificate}&ssl_keyfile={second.key}")

    assert "ssl_certfile or ssl_keyfile" in message


@given(st.text(max_size=60))
def test_no_text_fails_otherwise_than_by_a_refusal(text):
    for uri in (text, f"redis://{text}", f"rediss-cluster://h{text}", f"redis://h?{text}"):
        try:
            parse(uri)
        except ConfigurationError as error:
            assert str(error).endswith(".")  # noqa: PT017 - most texts are refused, some are not


@example("xq", "?dbid=1")
@example("?", "=1")
@example("1?", "=1")
@example("/1?dbid=", "&x")
@example("a&", "=1")
@example("!@/", "")
@example("!@", "/")
@example("?ssl_ca_certs=/", "")
@given(st.text(string.punctuation, max_size=12), st.text(string.punctuation, max_size=12))
def test_nothing_shows_a_piece_of_a_password_however_it_is_written(before, after):
    secret = f"{before}xqzxqz{after}"
    uris = (
        f"redis://:{secret}@h",
        f"redis://bob:{secret}@h1,h2?master=m",
        f"redis://:{secret}@/run/redis.sock",
        f"redis://h?master=m&sentinel_password={secret}",
    )

    for uri in uris:
        try:
            shown = f"{parse(uri)} {parse(uri)!r}"
        except ConfigurationError as error:
            shown = str(error)
        assert "xqzxqz" not in shown
