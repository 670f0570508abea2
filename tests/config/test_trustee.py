"""``[trustee]``, where ``auth_strategy`` is ``keystone``."""

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
TRUSTEE = """
[trustee]
auth_type = password
auth_url = http://keystone:5000/v3
username = trustee
password = s3cr3t
user_domain_id = default
"""


def _load(written, text):
    return written(text, checks=config.standard_checks())


def _refusals(written, text):
    with pytest.raises(ConfigurationError) as refusal:
        _load(written, text)
    return refusal.value.sentences


def test_a_user_and_his_password_are_enough(written):
    conf = _load(written, KEYSTONE + TRUSTEE)

    assert config.has_trustee(conf)
    assert config.warnings(conf) == []
    assert config.log_in_trustee(conf).auth_url == "http://keystone:5000/v3"


@pytest.mark.parametrize(
    "lines",
    [
        "project_name = service\nproject_domain_id = default\ninsecure = true\ntimeout = 3\n",
        f"cafile = {__file__}\nkeyfile = {__file__}\ncertfile = {__file__}\ndefault_domain_id = default\n",
        "user-name = zaqar\nuser_domain_name = Default\n",
    ],
)
def test_options_that_operators_know_are_known(written, lines):
    assert config.warnings(_load(written, KEYSTONE + TRUSTEE + lines)) == []


def test_the_user_of_the_service_can_be_the_trustee(written):
    conf = _load(written, KEYSTONE + "[trustee]\nauth_section = keystone_authtoken\n")

    assert config.has_trustee(conf)
    assert config.warnings(conf) == []
    own, of_trust = config.log_in_trustee(conf), config.log_in_trustee(conf, trust_id="t")
    assert (own._project_name, own._trust_id) == ("service", None)
    assert (of_trust._project_name, of_trust._trust_id) == (None, "t")


@pytest.mark.parametrize("text", [KEYSTONE, KEYSTONE + "[trustee]\ncafile = /nowhere\n", "[DEFAULT]\n" + TRUSTEE])
def test_there_need_not_be_a_trustee(written, text):
    assert not config.has_trustee(_load(written, text))


@pytest.mark.parametrize(
    ("name", "instead", "words"),
    [
        ("auth_url", "", "needs auth_url"),
        ("username", "", "needs username"),
        ("password", "", "needs password"),
        ("auth_type", "auth_type = pasword", "[trustee] auth_type = pasword is unknown"),
        ("auth_type", "auth_type = v3applicationcredential", "gets no tokens for trusts"),
        ("auth_url", "auth_url = keystone", "[trustee] auth_url is no address of a Keystone"),
        ("user_domain_id", "cafile = /nowhere/at/all", "[trustee] cafile = /nowhere/at/all does not exist"),
    ],
)
def test_a_trustee_who_could_not_log_in_is_refused(written, name, instead, words):
    text = "\n".join(instead if line.startswith(f"{name} =") else line for line in TRUSTEE.splitlines())

    assert any(words in sentence for sentence in _refusals(written, KEYSTONE + text))


def test_what_is_misspelt_is_told(written):
    (line,) = config.warnings(_load(written, KEYSTONE + TRUSTEE + "usrname = x\n"))

    assert "[trustee] usrname" in line
    assert "did you mean username" in line


def test_without_keystone_nothing_reads_the_section(written):
    (line,) = config.warnings(_load(written, TRUSTEE))

    assert line.endswith(": [trustee] auth_type.")
