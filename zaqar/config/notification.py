"""``[notification]``: delivery to subscribers."""

from oslo_config import cfg

from zaqar.config.groups import Group

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
            help="Tell subscribers of what is posted. Where it is false, posts leave nothing to be delivered, now or later.",
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
        cfg.IntOpt("max_notifier_workers", default=10, min=1, help="Deliveries at once in one process; 1 or more."),
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
            "max_notifier_workers",
            "external_confirmation_url",
            "subscription_confirmation_email_template",
            "unsubscribe_confirmation_email_template",
        }
    ),
)
