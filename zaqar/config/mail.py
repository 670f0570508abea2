"""The options of ``[notification]`` that are about mail."""

import ssl
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

from oslo_config import cfg, types

from zaqar.errors import ConfigurationError

UNNAMED = "Zaqar Notifications <no-reply@openstack.org>"
"""The sender in the templates: whoever operates the service is meant, so that smtp_sender replaces it where that is set."""

# The link stands right behind "below: ", where programs that make other mail of it look (notifications N-61). There is no
# comma, so that the line of the sample can be used as it is.
_CONFIRM = {
    "topic": "Zaqar Notification - Subscription Confirmation",
    "body": "Somebody wants the messages of queue {0} in project {1} to be sent to this address. If it was not you then "
    "ignore this mail and nothing more will come. To agree open the link below: {2}",
    "sender": UNNAMED,
}
_UNSUBSCRIBE = {
    "topic": "Zaqar Notification - Unsubscribe Confirmation",
    "body": "The messages of queue {0} in project {1} are not sent to this address any more. If that is a mistake then "
    "subscribe again with the link below: {2}",
    "sender": UNNAMED,
}
TEMPLATES = ("subscription_confirmation_email_template", "unsubscribe_confirmation_email_template")
_KEYS = ("topic", "body", "sender")
_PLACES = frozenset({"0", "1", "2"})

_TEMPLATE_HELP = (
    "A map of topic (the subject), body and sender, written topic:...,body:...,sender:... with a value in double quotes where "
    "it has a comma. In the body {0} stands for the queue, {1} for the project, {2} for the link; a brace is written twice. "
    "With the sender of the default, mails are from smtp_sender where that is set."
)
_PORTS = {"implicit": 465, "starttls": 587, "none": 25}
_LOCAL = ("localhost", "127.0.0.1", "::1")


def _template(name: str, default: Mapping[str, str]) -> cfg.Opt:
    return cfg.Opt(name, types.Dict(value_type=types.String(quotes=True)), default=default, help=_TEMPLATE_HELP)


OPTIONS = [
    cfg.StrOpt(
        "smtp_mode",
        default="third_part",
        choices=[("third_part", "run smtp_command for each mail"), ("self_local", "hand them to smtp_host")],
        help="How mail is sent.",
    ),
    cfg.HostAddressOpt("smtp_host", help="Mail server, for self_local."),
    cfg.PortOpt(
        "smtp_port",
        sample_default="465, 587 or 25, as smtp_tls is implicit, starttls or none",
        help="Port of the mail server, 0 to 65535, for self_local.",
    ),
    cfg.StrOpt(
        "smtp_tls",
        default="implicit",
        choices=[
            ("implicit", "TLS from the start"),
            ("starttls", "TLS after the greeting; nothing is sent where the server does not offer it"),
            ("none", "no TLS, for a server on this host"),
        ],
        help="How the connection to the mail server is encrypted, for self_local. Its certificate is always verified.",
    ),
    cfg.StrOpt(
        "smtp_ca_file",
        sample_default="the certificates that the system trusts",
        help="File of the certificates by which that of the mail server is verified, such as those of a private authority.",
    ),
    cfg.StrOpt("smtp_user_name", help="User at the mail server, for self_local; without one there is no login."),
    cfg.StrOpt("smtp_user_password", secret=True, help="Password at the mail server, for self_local."),
    cfg.StrOpt(
        "smtp_command",
        default="/usr/sbin/sendmail -t -oi",
        help="Program that takes a mail on its standard input, for third_part; split at spaces, and run without a shell.",
    ),
    cfg.IntOpt(
        "smtp_connections",
        default=4,
        min=1,
        help="Connections to the mail server, 1 or more, that a process has at a time, or commands that it runs.",
    ),
    cfg.StrOpt(
        "smtp_sender",
        help="From whom mails are whose subscription names nobody in options.from, such as Zaqar <zaqar@example.com>. "
        "Without it they have no sender, which many mail servers refuse.",
    ),
    cfg.StrOpt("external_confirmation_url", help="Web page of your own that confirmation mails lead to."),
    *(_template(name, default) for name, default in zip(TEMPLATES, (_CONFIRM, _UNSUBSCRIBE), strict=True)),
]


def check_mail(conf: cfg.ConfigOpts) -> None:
    """Refuse what no mail could be sent with."""
    sentences = [*_refused_server(conf), *_refused_command(conf), *_refused_templates(conf)]
    if sentences:
        raise ConfigurationError(*sentences)


def smtp_port(conf: cfg.ConfigOpts) -> int:
    """Return the port of the mail server."""
    options = conf.notification
    return int(_PORTS[options.smtp_tls] if options.smtp_port is None else options.smtp_port)


def warnings(conf: cfg.ConfigOpts) -> list[str]:
    """Say what makes passwords readable, or keeps mail from anybody."""
    options, lines = conf.notification, []
    if options.smtp_mode == "third_part" and options.smtp_host:
        lines.append(
            "[notification] smtp_host has no use unless smtp_mode is self_local: smtp_command takes the mails."
        )
    is_remote = options.smtp_host not in _LOCAL
    if options.smtp_mode == "self_local" and options.smtp_user_name and options.smtp_tls == "none" and is_remote:
        lines.append(
            "[notification] smtp_tls is none, so that smtp_user_password goes to smtp_host for everybody on the way to read."
        )
    if (options.smtp_mode == "self_local" or options.smtp_sender) and not conf.signed_url.secret_key:
        lines.append(
            "[notification] says how mail is sent, but [signed_url] secret_key is not set: no confirmation can be sent, and "
            "without one no address gets mail."
        )
    return lines


def _refused_server(conf: cfg.ConfigOpts) -> Iterator[str]:
    options = conf.notification
    if options.smtp_mode == "self_local" and not options.smtp_host:
        yield "[notification] smtp_mode is self_local, but smtp_host is not set: name the mail server there."
    if bool(options.smtp_user_name) != bool(options.smtp_user_password):
        given, other = ("smtp_user_name", "smtp_user_password")[:: 1 if options.smtp_user_name else -1]
        yield f"[notification] {given} is set without {other}: set both, or none of them."
    if options.smtp_ca_file:
        yield from _refused_certificates(options.smtp_ca_file)


def _refused_certificates(name: str) -> Iterator[str]:
    if not Path(name).is_file():
        yield f"[notification] smtp_ca_file: there is no file {name}."
        return
    try:
        ssl.create_default_context(cafile=name)
    except (ssl.SSLError, OSError):
        yield f"[notification] smtp_ca_file: {name} cannot be read, or has no certificates in it."


def _refused_command(conf: cfg.ConfigOpts) -> Iterator[str]:
    if not (conf.notification.smtp_command or "").split():
        yield "[notification] smtp_command is empty: leave it out, or name a program that takes mails."


def _refused_templates(conf: cfg.ConfigOpts) -> Iterator[str]:
    for name in TEMPLATES:
        template = conf.notification[name]
        if sorted(template) != sorted(_KEYS):
            yield (
                f"[notification] {name} must have topic, body and sender, and nothing else; it has "
                f"{', '.join(template) or 'nothing'}. A value with a comma in it is put in double quotes."
            )
            continue
        for key in ("topic", "sender"):
            if not template[key].isprintable() or not template[key]:
                yield f"[notification] {name}: {key} must be one line of text."
        if not _has_known_places(template["body"]):
            yield f"[notification] {name}: the body may have the places {{0}}, {{1}} and {{2}}; write other braces twice."


def _has_known_places(body: str) -> bool:
    try:
        parts = list(string.Formatter().parse(body))
    except ValueError:
        return False
    return all(field is None or (field in _PLACES and not spec and not how) for _, field, spec, how in parts)
