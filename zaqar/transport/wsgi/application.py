"""The WSGI application: what every request passes, and the table of URLs behind it."""

from typing import Any

import falcon

from zaqar.operations import Operations
from zaqar.signing import Signer
from zaqar.transport.identity import ClientIdRule
from zaqar.transport.wsgi import failures, table
from zaqar.transport.wsgi.access_log import AccessLog
from zaqar.transport.wsgi.leftovers import Leftovers
from zaqar.transport.wsgi.middleware import Checks, RequestIds

Application = falcon.App[falcon.Request, falcon.Response]


def application(
    operations: Operations, *, client_id_rule: ClientIdRule, signer: Signer, has_access_log: bool = False
) -> Application:
    """Return the application over the operations."""
    # Answers pass from right to left: a line of the access log tells the time that a leftover body took, too.
    access_log = [AccessLog()] if has_access_log else []
    middleware: list[Any] = [RequestIds(), *access_log, Leftovers(), Checks(client_id_rule, signer)]
    app: Application = falcon.App(middleware=middleware)
    app.req_options.auto_parse_form_urlencoded = False
    failures.install(app)
    for row in table.rows():
        app.add_route(row.path, row.resource(operations))
    return app
