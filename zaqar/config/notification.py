"""``[notification]``: delivery to subscribers."""

import ipaddress
from pathlib import Path

from oslo_config import cfg

from zaqar import news
from zaqar.config.groups import Group
from zaqar.errors import ConfigurationError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SENDER = "Zaqar Notifications <no-reply@openstack.org>"

_CONFIRM = {
    "topic": "Please confirm your subscription",
    "body": "Somebody asked for the messages of queue {0} in project {1} to be sent to this address. If that is what "
    "you want, open {2} to confirm; otherwise ignore this mail.",
    "sender": _SENDER,
}

_UNSUBSCRIBE = {
    "topic": "You are no longer subscribed",
    "body": "The messages of queue {0} in project {1} are no longer sent to this address. If that is a mistake, open "
    "{2} to subscribe again.",
    "sender": _SENDER,
}

_TEMPLATE_HELP = (
    "A map of topic (the subject), body and sender. In the body {0} stands for the queue, {1} for the project, {2} for "
    "the link."
)

GROUP = Group(
    "notification",
    [
        cfg.BoolOpt(
            "enabled",
            default=True,
            help="Deliver what is posted to the subscribers of its queue. With false nothing is delivered, and nothing is "
            "kept to be delivered later; nor are dead letters brought back.",
        ),
        cfg.IntOpt(
            "connect_timeout",
            default=10,
            min=1,
            help="Seconds, 1 or more, that a webhook may take to be connected to, its name to be looked up included.",
        ),
        cfg.IntOpt(
            "total_timeout",
            default=30,
            min=1,
            help="Seconds, 1 or more, that one attempt to deliver to a webhook may take in all.",
        ),
        cfg.ListOpt(
            "allowed_networks",
            default=[],
            help="Networks, such as 10.1.0.0/16 or fd00:1::/32, whose addresses webhooks may have although they are private, "
            "local or otherwise refused.",
        ),
        cfg.ListOpt(
            "denied_networks",
            default=[],
            help="Networks whose addresses webhooks must not have, whatever else allows them.",
        ),
        cfg.StrOpt(
            "news_directory",
            sample_default="zaqar-UID in $XDG_RUNTIME_DIR, or in the directory for temporary files",
            help="Directory in which processes on this host tell notifiers at once what is posted. Where it is not shared, "
            "as by services with temporary directories of their own, notifiers learn it within a second.",
        ),
        cfg.StrOpt(
            "smtp_mode",
            default="third_part",
            choices=[("third_part", "run smtp_command"), ("self_local", "talk to smtp_host, with TLS from the start")],
            help="How mail is sent.",
        ),
        cfg.HostAddressOpt("smtp_host", help="Mail server, for self_local."),
        cfg.PortOpt("smtp_port", help="Port of the mail server, 0 to 65535, for self_local."),
        cfg.StrOpt("smtp_user_name", help="User at the mail server, for self_local."),
        cfg.StrOpt("smtp_user_password", secret=True, help="Password at the mail server, for self_local."),
        cfg.StrOpt(
            "smtp_command",
            default="/usr/sbin/sendmail -t -oi",
            help="Program that takes a mail on its standard input, for third_part; split at spaces.",
        ),
        cfg.IntOpt("max_notifier_workers", default=64, min=1, help="Deliveries at once in one process; 1 or more."),
        cfg.BoolOpt(
            "require_confirmation",
            default=False,
            help="Deliver to confirmed subscriptions only, and ask new subscribers, which needs [signed_url] secret_key.",
        ),
        cfg.StrOpt("external_confirmation_url", help="Web page of your own that confirmation mails lead to."),
        cfg.DictOpt("subscription_confirmation_email_template", default=_CONFIRM, help=_TEMPLATE_HELP),
        cfg.DictOpt("unsubscribe_confirmation_email_template", default=_UNSUBSCRIBE, help=_TEMPLATE_HELP),
    ],
    idle=frozenset(
        {
            "smtp_mode",
            "smtp_host",
            "smtp_port",
            "smtp_user_name",
            "smtp_user_password",
            "smtp_command",
            "external_confirmation_url",
            "subscription_confirmation_email_template",
            "unsubscribe_confirmation_email_template",
        }
    ),
)


def check_networks(conf: cfg.ConfigOpts) -> None:
    """Refuse networks that are none."""
    for name in ("allowed_networks", "denied_networks"):
        for text in conf.notification[name]:
            try:
                ipaddress.ip_network(text)
            except ValueError as error:
                raise ConfigurationError(f"[notification] {name}: {error}.") from error


def networks(conf: cfg.ConfigOpts, name: str) -> list[Network]:
    """Return the networks of an option."""
    return [ipaddress.ip_network(text) for text in conf.notification[name]]


def warnings(conf: cfg.ConfigOpts) -> list[str]:
    """Say what keeps subscribers from being told."""
    if conf.notification.require_confirmation and not conf.signed_url.secret_key:
        sentence = (
            "[notification] require_confirmation is true, but [signed_url] secret_key is not set: no confirmation "
        )
        return [
            f"{sentence}can be sent, so new subscribers get nothing unless somebody with a token confirms for them."
        ]
    return []


def news_directory(conf: cfg.ConfigOpts, place: str) -> Path:
    """Return where the news of the data at a place are told."""
    return news.directory_of(place, below=conf.notification.news_directory)
