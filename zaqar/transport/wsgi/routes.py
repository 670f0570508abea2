"""The table of URLs: which resource answers where."""

from typing import Any

import falcon

from zaqar.limits import Limits
from zaqar.operations.claims import Claims
from zaqar.operations.health import Health
from zaqar.operations.messages import Messages
from zaqar.operations.queues import Queues
from zaqar.transport.wsgi import failures
from zaqar.transport.wsgi.access_log import AccessLog
from zaqar.transport.wsgi.claims import ClaimCollection, ClaimItem
from zaqar.transport.wsgi.client_id import ClientIdRule
from zaqar.transport.wsgi.health import Ping
from zaqar.transport.wsgi.home import Home, Versions
from zaqar.transport.wsgi.leftovers import Leftovers
from zaqar.transport.wsgi.messages import MessageCollection, MessageItem
from zaqar.transport.wsgi.middleware import Checks, RequestIds
from zaqar.transport.wsgi.queues import QueueCollection, QueueItem, QueuePurge, QueueStats

Application = falcon.App[falcon.Request, falcon.Response]


def application(
    *,
    queues: Queues,
    messages: Messages,
    claims: Claims,
    health: Health,
    limits: Limits,
    client_id_rule: ClientIdRule,
    has_access_log: bool = False,
) -> Application:
    """Return the WSGI application over the operations."""
    # Answers pass from right to left: a line of the access log tells the time that a leftover body took, too.
    access_log = [AccessLog()] if has_access_log else []
    middleware: list[Any] = [RequestIds(), *access_log, Leftovers(), Checks(client_id_rule)]
    app: Application = falcon.App(middleware=middleware)
    app.req_options.auto_parse_form_urlencoded = False
    failures.install(app)
    home = Home()
    for path, resource in (
        ("/", Versions()),
        ("/v2", home),
        ("/v2/", home),
        ("/v2/ping", Ping(health)),
        ("/v2/queues", QueueCollection(queues)),
        ("/v2/queues/{queue_name}", QueueItem(queues, limits)),
        ("/v2/queues/{queue_name}/stats", QueueStats(queues)),
        ("/v2/queues/{queue_name}/purge", QueuePurge(queues, limits)),
        ("/v2/queues/{queue_name}/messages", MessageCollection(messages, limits)),
        ("/v2/queues/{queue_name}/messages/{message_id}", MessageItem(messages)),
        ("/v2/queues/{queue_name}/claims", ClaimCollection(claims, limits)),
        ("/v2/queues/{queue_name}/claims/{claim_id}", ClaimItem(claims, limits)),
    ):
        app.add_route(path, resource)
    return app
