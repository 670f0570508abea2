"""The options of mail (notifications N-44, N-45, N-61)."""

import pytest

from zaqar import config, deploy
from zaqar.config.mail import OPTIONS, TEMPLATES
from zaqar.deploy.mail import mail_settings
from zaqar.errors import ConfigurationError
from zaqar.notification.mail.address import NOBODY, Sender
from zaqar.notification.mail.settings import Encryption, Server

SERVER = "[notification]\nsmtp_mode = self_local\nsmtp_host = mail.example.com\n"
KEY = "[signed_url]\nsecret_key = 0123456789abcdef\n"


def test_without_options_a_program_takes_the_mails(written):
    mail = mail_settings(written())

    assert mail.server is None
    assert mail.command == ["/usr/sbin/sendmail", "-t", "-oi"]
    assert (mail.most_at_a_time, mail.sender) == (4, NOBODY)


def test_the_default_mails_end_with_the_link_behind_the_fragment_that_programs_look_for(written):
    """notifications N-61"""
    mail = mail_settings(written())

    assert mail.confirmation.subject == "Zaqar Notification - Subscription Confirmation"
    assert mail.farewell.subject == "Zaqar Notification - Unsubscribe Confirmation"
    for template in (mail.confirmation, mail.farewell):
        assert template.sender == Sender("Zaqar Notifications", "no-reply@openstack.org")
        text = template.body.format("QUEUE", "PROJECT", "LINK")
        assert text.endswith("below: LINK")
        assert "QUEUE" in text
        assert "PROJECT" in text


def test_the_default_mails_are_from_whom_the_operator_names(written):
    """notifications N-61"""
    mail = mail_settings(written("[notification]\nsmtp_sender = Jobs <jobs@example.com>\n"))

    assert mail.confirmation.sender == mail.farewell.sender == Sender("Jobs", "jobs@example.com")


def test_a_template_with_a_sender_of_its_own_keeps_it(written):
    """notifications N-61"""
    line = f"{TEMPLATES[0]} = topic:a,body:b,sender:ask@example.com"

    mail = mail_settings(written(f"[notification]\nsmtp_sender = jobs@example.com\n{line}\n"))

    assert mail.confirmation.sender == Sender("", "ask@example.com")
    assert mail.farewell.sender == Sender("", "jobs@example.com")


@pytest.mark.parametrize(
    ("text", "port", "encryption"),
    [
        ("", 465, Encryption.IMPLICIT),
        ("smtp_tls = starttls\n", 587, Encryption.STARTTLS),
        ("smtp_tls = none\n", 25, Encryption.NONE),
        ("smtp_tls = none\nsmtp_port = 2525\n", 2525, Encryption.NONE),
    ],
)
def test_a_mail_server_has_the_port_that_fits_its_encryption(written, text, port, encryption):
    """notifications N-45"""
    server = mail_settings(written(SERVER + text)).server

    assert server == Server(host="mail.example.com", port=port, encryption=encryption)


def test_the_lines_of_the_sample_say_what_the_defaults_say(written):
    options = {option.name: option for option in OPTIONS}
    lines = [f"{name} = {options[name].type._formatter(options[name].default)}\n" for name in TEMPLATES]

    assert mail_settings(written(f"[notification]\n{''.join(lines)}")) == mail_settings(written())


def test_a_template_may_have_commas_in_quotes(written):
    line = 'topic:"Well, well",body:"{1}, {0}: {{x}}",sender:a@b'

    template = mail_settings(written(f"[notification]\n{TEMPLATES[0]} = {line}\n")).confirmation

    assert (template.subject, template.body.format("q", "p", "l")) == ("Well, well", "p, q: {x}")


REFUSED = [
    ("smtp_mode = self_local\n", "smtp_host is not set"),
    ("smtp_mode = self_local\nsmtp_host = h\nsmtp_user_name = u\n", "smtp_user_name is set without smtp_user_password"),
    ("smtp_mode = self_local\nsmtp_host = h\nsmtp_user_password = s3cret\n", "smtp_user_password is set without"),
    ("smtp_ca_file = /nowhere/ca.pem\n", "there is no file /nowhere/ca.pem"),
    ("smtp_command =\n", "smtp_command is empty"),
    ("smtp_sender = nobody\n", "smtp_sender must be one mail address"),
    (f"{TEMPLATES[0]} = topic:a,body:b\n", "must have topic, body and sender"),
    (f"{TEMPLATES[0]} = topic:a,body:b, c: d,sender:a@b\n", "double quotes"),
    (f"{TEMPLATES[1]} = topic:a,body:b {{3}},sender:a@b\n", "{0}, {1} and {2}"),
    (f"{TEMPLATES[1]} = topic:a,body:b {{0.__class__}},sender:a@b\n", "{0}, {1} and {2}"),
    (f"{TEMPLATES[1]} = topic:a,body:b {{0!r}},sender:a@b\n", "{0}, {1} and {2}"),
    (f"{TEMPLATES[1]} = topic:a,body:b {{,sender:a@b\n", "{0}, {1} and {2}"),
    (f"{TEMPLATES[1]} = topic:a,body:b {{}},sender:a@b\n", "{0}, {1} and {2}"),
    (f"{TEMPLATES[1]} = topic:a\n  Bcc x@y,body:b,sender:a@b\n", "topic must be one line"),
    (f"{TEMPLATES[1]} = topic:a,body:b,sender:a@b\n  Bcc x@y\n", "sender must be one line"),
    (f"{TEMPLATES[1]} = topic:a,body:b,sender:nobody\n", "sender must be one mail address"),
    (f"{TEMPLATES[1]} = topic:=?utf-8?q?a=0D=0A?=,body:b,sender:a@b\n", "topic has an encoded word"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_no_mail_can_be_sent_with_is_refused_at_the_start(written, text, sentence):
    with pytest.raises(ConfigurationError) as caught:
        written(f"[notification]\n{text}", checks=deploy.checks(serves_transport=False))

    assert sentence in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_file_without_certificates_is_refused_at_the_start(written, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")

    with pytest.raises(ConfigurationError, match="has no certificates in it"):
        written(f"[notification]\nsmtp_ca_file = {tmp_path}/ca.pem\n", checks=deploy.checks(serves_transport=False))


def test_nothing_of_mail_is_idle(written):
    assert not [line for line in config.warnings(written(f"{KEY}{SERVER}")) if "notification" in line]


def test_operators_are_told_of_passwords_that_everybody_can_read(written):
    text = f"{KEY}{SERVER}smtp_tls = none\nsmtp_user_name = u\nsmtp_user_password = p\n"

    assert any("smtp_tls is none" in line for line in config.warnings(written(text)))
    assert config.warnings(written(text.replace("mail.example.com", "localhost"))) == []


def test_operators_are_told_of_a_server_that_gets_no_mail(written):
    (line,) = config.warnings(written("[notification]\nsmtp_host = h\n"))

    assert "smtp_host has no use unless smtp_mode is self_local" in line


def test_operators_are_told_that_without_a_key_nobody_can_confirm(written):
    assert any("secret_key" in line for line in config.warnings(written(SERVER)))
