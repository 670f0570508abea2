"""``auth_strategy`` and ``[keystone_authtoken]``."""

import pytest

from zaqar import config
from zaqar.errors import ConfigurationError

KEYSTONE = """
[DEFAULT]
auth_strategy = keystone
[keystone_authtoken]
www_authenticate_uri = http://keystone:5000
auth_type = password
auth_url = http://keystone:5000
username = zaqar
password = s3cr3t
project_name = service
user_domain_id = default
project_domain_id = default
"""


def _load(written, text):
    return written(text, checks=config.standard_checks())


def _refusal(written, text):
    with pytest.raises(ConfigurationError) as refusal:
        _load(written, text)
    (sentence,) = refusal.value.sentences
    return sentence


def _without(name):
    return "\n".join(line for line in KEYSTONE.splitlines() if not line.startswith(f"{name} "))


def test_the_usual_options_are_accepted_without_a_warning(written):
    conf = _load(written, KEYSTONE)

    assert config.has_keystone(conf)
    assert config.warnings(conf) == []


@pytest.mark.parametrize(
    "lines",
    [
        "service_token_roles = service\nservice_token_roles_required = true\ninterface = internal\nregion_name = R\n",
        "memcached_servers = localhost:11211\nmemcache_security_strategy = ENCRYPT\nmemcache_secret_key = s3cr3t\n",
        f"cafile = {__file__}\nkeyfile = {__file__}\ninsecure = false\nhttp_connect_timeout = 3\nhttp_request_max_retries = 1\n",
        "user-name = zaqar\n",
    ],
)
def test_options_that_operators_know_are_known(written, lines):
    assert config.warnings(_load(written, KEYSTONE + lines)) == []


@pytest.mark.parametrize("name", ["", "noauth"])
def test_noauth_is_another_word_for_empty(written, name):
    conf = _load(written, f"[DEFAULT]\nauth_strategy = {name}\n")

    assert not config.has_keystone(conf)


@pytest.mark.parametrize("name", ["basic", "Keystone", "none"])
def test_any_other_word_is_refused_with_those_that_there_are(written, name):
    sentence = _refusal(written, f"[DEFAULT]\nauth_strategy = {name}\n")

    assert f"auth_strategy = {name} is unknown" in sentence
    assert "keystone and noauth" in sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[DEFAULT]\nauth_strategy = keystone\n", "[keystone_authtoken] auth_type, usually to password"),
        (_without("auth_url"), "auth_type = password needs auth_url"),
        (_without("username"), "needs username"),
        (_without("password"), "needs password"),
        (KEYSTONE.replace("auth_type = password", "auth_type = pasword"), "auth_type = pasword is unknown: there are "),
        (KEYSTONE + "token_cache_time = soon\n", "[keystone_authtoken] token_cache_time in "),
        (KEYSTONE + "auth_section = elsewhere\n", "set [elsewhere] auth_type"),
        (KEYSTONE + "auth_url = controller:5000/v3\n", "[keystone_authtoken] auth_url is no address of a Keystone"),
        (KEYSTONE + "auth_url = http://[::1/v3\n", "[keystone_authtoken] auth_url is no address of a Keystone"),
        (KEYSTONE + "cafile = /nowhere/ca.pem\n", "cafile = /nowhere/ca.pem does not exist or cannot be read"),
        (KEYSTONE + "keyfile = /nowhere/key.pem\n", "keyfile = /nowhere/key.pem does not exist or cannot be read"),
        (KEYSTONE + "memcache_security_strategy = MAC\n", "memcache_security_strategy = MAC needs memcache_secret_key"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(written, text, words):
    sentence = _refusal(written, text)

    assert words in sentence
    assert "s3cr3t" not in sentence


def test_the_user_of_the_service_may_stand_in_another_section(written):
    text = KEYSTONE.replace("www_authenticate_uri", "auth_section = service_user\n[service_user]\n# ")

    conf = _load(written, text)

    assert conf.service_user.username == "zaqar"
    assert config.identity_uri(conf) == "http://keystone:5000"


def test_a_mistake_in_a_name_is_told_with_the_one_that_was_meant(written):
    (line,) = config.warnings(_load(written, KEYSTONE + "tokn_cache_time = 60\n"))

    assert "[keystone_authtoken] tokn_cache_time" in line
    assert line.endswith("did you mean token_cache_time?")


def test_an_option_without_effect_is_told(written):
    (line,) = config.warnings(_load(written, KEYSTONE + "delay_auth_decision = true\n"))

    assert line.endswith(": [keystone_authtoken] delay_auth_decision.")


def test_memcached_without_its_library_is_refused(written, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    assert "python-memcached is not installed" in _refusal(written, KEYSTONE + "memcached_servers = localhost:11211\n")


def test_without_keystone_its_section_has_no_use(written):
    (line,) = config.warnings(_load(written, KEYSTONE.replace("auth_strategy = keystone", "")))

    assert line.endswith(": [keystone_authtoken].")
