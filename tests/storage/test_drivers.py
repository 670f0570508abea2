"""How drivers are found and opened: the service's own, and one that exists only here."""

import contextlib
import re
from pathlib import Path

import pytest

import zaqar
from tests.builders import new_message, queue_key
from tests.conformance.acts import listed, post
from tests.elsewhere.installing import DRIVERS, install
from zaqar import config, deploy
from zaqar.errors import ConfigurationError
from zaqar.storage import drivers
from zaqar.storage.driver import CAPABILITIES, ROLES, Chosen

ROOT = Path(zaqar.__file__).parent


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install drivers for the time of a test."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install_drivers(more=None):
        install(site, DRIVERS | (more or {}))

    return install_drivers


def _configured(tmp_path, text):
    path = tmp_path / "zaqar.conf"
    path.write_text(text)
    return config.load(files=[str(path)], checks=deploy.checks(serves_transport=True))


def _of_elsewhere(tmp_path, *lines):
    stores = "[drivers]\nmessage_store = elsewhere\nmanagement_store = elsewhere\n"
    group = f"[drivers:message_store:elsewhere]\nuri = elsewhere://{tmp_path}\n"
    return stores + group + "\n".join(lines)


def test_a_driver_of_somebody_else_is_found_by_name_and_serves(installed, tmp_path):
    installed()
    conf = _configured(tmp_path, _of_elsewhere(tmp_path, "pages = 7\nis_shared = true\n"))

    started = deploy.start(conf)

    assert "7 pages, 2.5 s, shared." in started.notes
    assert deploy.describe(conf) == f"messages and queues in elsewhere at {tmp_path}/elsewhere.db"
    with contextlib.closing(deploy.service(conf)) as service:
        assert service.sweep() == 0
    assert (tmp_path / "elsewhere.db").exists()


def test_a_driver_of_somebody_else_is_found_by_uri_and_serves(installed, tmp_path):
    installed()
    uri, queue = f"elsewhere://{tmp_path}", queue_key()

    driver = drivers.for_uri("message_store", uri)

    chosen = Chosen(driver, driver.options(uri=uri))
    assert chosen.prepare() == ["1 pages, 2.5 s, alone."]
    with contextlib.closing(chosen.message_store()) as store:
        store.records.create(queue)
        post(store, queue, new_message(b'"here"'))
        assert [message.body for message in listed(store, queue)] == [b'"here"']
    with contextlib.closing(chosen.management_store()) as store:
        assert store.queues.create(queue, {})


def test_a_value_that_somebody_else_s_driver_cannot_take_is_refused_by_name(installed, tmp_path):
    installed()

    with pytest.raises(
        ConfigurationError, match=r"\[drivers:message_store:elsewhere\] pages .* not a whole number: 'x'"
    ):
        _configured(tmp_path, _of_elsewhere(tmp_path, "pages = x"))


@pytest.mark.parametrize("pages", ["x", "$nothing"])
def test_all_values_that_somebody_else_s_driver_cannot_take_are_refused_at_once(installed, tmp_path, pages):
    installed()

    with pytest.raises(ConfigurationError) as caught:
        _configured(tmp_path, _of_elsewhere(tmp_path, f"pages = {pages}\npatience = nan\nis_shared = maybe"))

    refused = sorted(each.partition(" in ")[0] for each in caught.value.sentences)
    assert refused == [f"[drivers:message_store:elsewhere] {name}" for name in ("is_shared", "pages", "patience")]


def test_what_somebody_else_s_driver_refuses_ends_the_start(installed, tmp_path):
    installed()

    with pytest.raises(ConfigurationError, match="elsewhere:///path/of/a/folder"):
        _configured(tmp_path, "[drivers]\nmessage_store = elsewhere\n")


def test_a_store_that_both_roles_share_is_prepared_once(installed, tmp_path):
    installed()
    conf = _configured(tmp_path, _of_elsewhere(tmp_path))

    notes = deploy.prepare(conf)

    assert notes == ["1 pages, 2.5 s, alone."]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("sqlite:////a.db", "sqlalchemy"),
        ("sqlite+pysqlite:////a.db", "sqlalchemy"),
        ("redis://h", "redis"),
        ("rediss://h", "redis"),
        ("redis-cluster://h", "redis"),
        ("rediss-cluster://h", "redis"),
        ("mongodb://h", "mongodb"),
        ("mongodb+srv://h", "mongodb"),
    ],
)
def test_each_uri_leads_to_its_driver(role, uri, name):
    assert drivers.for_uri(role, uri).name == name


@pytest.mark.parametrize("uri", ["gopher://user:secret@h", "secret", "gopher://[secret", ""])
def test_a_uri_that_no_driver_serves_is_refused_without_its_password(uri):
    with pytest.raises(ConfigurationError, match="No installed driver of a message_store") as refusal:
        drivers.for_uri("message_store", uri)

    assert "secret" not in str(refusal.value)


def test_a_driver_without_its_library_hides_no_other_and_is_told_of(installed):
    installed({"broken": "library_that_is_not_there.zaqar:DRIVER"})

    assert drivers.for_uri("message_store", "redis://h").name == "redis"
    with pytest.raises(ConfigurationError, match="needs the Python package library_that_is_not_there"):
        drivers.for_uri("message_store", "broken://h")
    with pytest.raises(ConfigurationError, match="needs the Python package library_that_is_not_there"):
        drivers.named("message_store", "broken")


def test_an_entry_point_that_is_no_driver_is_refused(installed):
    installed({"odd": "tests.elsewhere.installing:install"})

    with pytest.raises(ConfigurationError, match=r"message_store = odd is no driver"):
        drivers.named("message_store", "odd")


@pytest.mark.parametrize("role", ROLES)
def test_what_a_driver_promises_has_the_names_of_the_protocol(role):
    for name in drivers.names(role):
        driver = drivers.named(role, name)
        assert driver.capabilities <= set(CAPABILITIES)
        assert driver.options().uri is None or driver.options().uri.partition(":")[0] in driver.schemes


def test_no_driver_is_named_where_every_driver_is_to_be_served():
    names = {name for role in ROLES for name in drivers.names(role)} | {"sqlite"}
    files = [
        ROOT / "config" / "checks.py",
        *(one for room in ("deploy", "cmd") for one in sorted((ROOT / room).glob("*.py"))),
    ]

    named = [
        f"{file.name}: {word}"
        for file in files
        if file.name != "db_manage.py"
        for word in re.findall(r"[a-z]+", file.read_text())
        if word in names
    ]

    assert named == []
