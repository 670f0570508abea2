"""The applications of the transports, for our own engines and for any other."""

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zaqar import config
from zaqar.clock import Clock
from zaqar.deploy.delivering import Delivering, news_of
from zaqar.deploy.service import Service
from zaqar.deploy.start import checks, start
from zaqar.policies import Policy

if TYPE_CHECKING:
    from zaqar.transport.tokens.tokens import Tokens

LOG = logging.getLogger(__name__)

WSGIApplication = Callable[..., Any]

CONFIG_FILE_VARIABLE = "ZAQAR_CONFIG_FILE"


def wsgi_application(
    conf: config.Options,
    *,
    policy: Policy | None = None,
    clock: Clock | None = None,
    access_log: bool = False,
    background: bool = True,
) -> WSGIApplication:
    """Return the HTTP application, and start what runs beside its requests, in processes that are forked later, too.

    Without a ``policy`` its files are read. Raises ``ConfigurationError``.
    """
    from zaqar.transport.identity import ClientIdRule
    from zaqar.transport.wsgi.application import application

    built = Service(conf, policy=policy, clock=clock, news=news_of(conf))
    rule = ClientIdRule(
        is_strict=conf.transport.client_id_uuid_safe == "strict",
        least=conf.transport.min_length_client_id,
        most=conf.transport.max_length_client_id,
    )
    app = application(
        built.operations,
        client_id_rule=rule,
        signer=built.signer,
        tokens=_tokens(conf),
        has_access_log=access_log,
    )
    if background:
        built.background.start()
    return config.cors.wrap(app, conf)


def _tokens(conf: config.Options) -> "Tokens | None":
    """Return who knows the tokens of requests; nobody where there is no authentication."""
    if not config.has_keystone(conf):
        return None
    from zaqar.transport.tokens.keystone import Keystone
    from zaqar.transport.tokens.tokens import Tokens

    # The other threads are left to requests whose tokens are known.
    return Tokens(Keystone(conf, uri=config.identity_uri(conf)), most_validations=max(1, conf.server.threads // 4))


def hosted_application() -> WSGIApplication:
    """Return the application for a WSGI server that imports it, databases made ready."""
    names = os.environ.get(CONFIG_FILE_VARIABLE)
    conf = config.load(files=names.split(":") if names else None, checks=checks(serves_transport=False))
    started = start(conf)
    for sentence in started.notes:
        LOG.warning("%s", sentence)
    application = wsgi_application(conf, policy=started.policy)
    if conf.notification.enabled:
        Delivering.in_every_process(conf)
    return application
