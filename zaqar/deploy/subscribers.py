"""The kinds of subscribers, with what the configuration says of them."""

import dataclasses
import functools

from zaqar import config
from zaqar.deploy import trusts
from zaqar.deploy.mail import mail_settings
from zaqar.notification.catalogue import Catalogue
from zaqar.notification.kinds import installed
from zaqar.notification.settings import NotifierSettings
from zaqar.operations.subscription_terms import KindRule


def settings(conf: config.Options) -> NotifierSettings:
    """Return the operator's settings for delivery to subscribers; this connects to nothing."""
    options = conf.notification
    return NotifierSettings(
        max_workers=options.max_notifier_workers,
        connect_timeout=options.connect_timeout,
        total_timeout=options.total_timeout,
        require_confirmation=options.require_confirmation,
        allowed_networks=config.networks(conf, "allowed_networks"),
        denied_networks=config.networks(conf, "denied_networks"),
        allows_local=not config.has_keystone(conf),
        token_for=trusts.token_for(conf),
        limits=config.limits(conf),
        mail=mail_settings(conf),
    )


def kind_rules(conf: config.Options) -> dict[str, KindRule]:
    """Return what each kind of subscriber asks of a subscription, by scheme. Raises ``ConfigurationError``."""
    given = settings(conf)
    if config.has_keystone(conf):
        # Asked for when an address would be refused, which is seldom.
        catalogue = Catalogue(functools.partial(config.catalogue, conf))
        given = dataclasses.replace(given, is_trusted_host=catalogue.finds_host)
    return {
        scheme: KindRule(kind.parse, can_be_asked=kind.can_be_asked, is_always_asked=kind.is_always_asked)
        for scheme, kind in installed.installed(given).items()
    }


def check_kinds(_: config.Options) -> None:
    """Refuse kinds that cannot be loaded. Raises ``ConfigurationError``."""
    installed.check()
