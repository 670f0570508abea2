"""How mail leaves, and what it says, as it is configured (notifications A5, A7)."""

from pathlib import Path

from zaqar import config
from zaqar.config.mail import UNNAMED
from zaqar.errors import ConfigurationError, Invalid
from zaqar.notification.mail.address import NOBODY, Sender, one_line, sender_of
from zaqar.notification.mail.settings import Encryption, MailSettings, Server, Template


def mail_settings(conf: config.Options) -> MailSettings:
    """Return what the operator decides of mail. Raises ``ConfigurationError`` for senders and subjects that are none."""
    options = conf.notification
    return MailSettings(
        server=_server(conf) if options.smtp_mode == "self_local" else None,
        command=options.smtp_command.split(),
        most_at_a_time=options.smtp_connections,
        sender=_sender(options.smtp_sender, "smtp_sender") if options.smtp_sender else NOBODY,
        confirmation=_template(conf, "subscription_confirmation_email_template"),
        farewell=_template(conf, "unsubscribe_confirmation_email_template"),
    )


def check_mail(conf: config.Options) -> None:
    """Refuse senders and subjects that no mail can have. Raises ``ConfigurationError``."""
    mail_settings(conf)


def _server(conf: config.Options) -> Server:
    options = conf.notification
    return Server(
        host=options.smtp_host,
        port=config.smtp_port(conf),
        encryption=Encryption(options.smtp_tls),
        ca_file=Path(options.smtp_ca_file) if options.smtp_ca_file else None,
        user=options.smtp_user_name or None,
        password=options.smtp_user_password or None,
    )


def _template(conf: config.Options, name: str) -> Template:
    given = conf.notification[name]
    try:
        subject = one_line(given.get("topic", ""), what=f"[notification] {name}: topic")
    except Invalid as error:
        raise ConfigurationError(str(error)) from error
    sender = _sender(given.get("sender", ""), f"{name}: sender")
    if given.get("sender") == UNNAMED and conf.notification.smtp_sender:
        # Mail servers take mail from addresses of their users only: a question in another name would be refused for good.
        sender = _sender(conf.notification.smtp_sender, "smtp_sender")
    return Template(subject=subject, sender=sender, body=given.get("body", ""))


def _sender(text: str, name: str) -> Sender:
    try:
        return sender_of(text, what=f"[notification] {name}")
    except Invalid as error:
        raise ConfigurationError(str(error)) from error
