"""``/confirm``: the page to which the link of a confirmation leads, for people (http section 9.8).

Looking at it changes nothing, as whatever scans mail opens every link: its button sends what a program would send.
"""

import base64
import hashlib
import logging
from html import escape
from importlib.resources import files
from string import Template
from typing import NamedTuple

import falcon
from falcon import Request, Response

from zaqar.errors import SignatureExpired, SignatureRefused, Unavailable
from zaqar.operations.confirmation_links import Confirmation, ConfirmationLinks
from zaqar.transport import status
from zaqar.transport.signatures import grant_of

LOG = logging.getLogger(__name__)

_PARAMETERS = ("Paths", "Methods", "Project", "Expires", "Signature")
"""Of the link, as far as they are signed (notifications N-62); nothing else in it is believed."""
_SECTIONS = ("asked", "confirmed", "unsubscribed")
"""Of ``confirm.html``: one is shown."""


class _Message(NamedTuple):
    """What is said of a link with which nothing can be done."""

    code: str
    title: str
    sentence: str


_WRONG = _Message(
    falcon.HTTP_404,
    "This link leads nowhere",
    "It is not whole, or another one was sent since, or the subscription has ended. Open the link of the latest mail as a "
    "whole; if that does not help, ask whoever subscribed you to do it again.",
)
_EXPIRED = _Message(
    falcon.HTTP_410,
    "The time of this link is over",
    "Ask whoever subscribed you to do it again; then you are sent another link.",
)
_AWAY = _Message(
    falcon.HTTP_503,
    "The service cannot tell just now",
    "Nothing is wrong with your link, and nothing has changed. Please open it again in a minute.",
)


class ConfirmPage:
    """A page of its own: nothing is loaded from anywhere, and no other page can be around it."""

    is_public = True
    hides_query = True
    media_types = ("text/html",)

    def __init__(self, links: ConfirmationLinks) -> None:
        self._links = links
        self._page, self._confirm, self._message = (
            Template(_text(name)) for name in ("page.html", "confirm.html", "message.html")
        )
        self._style, self._script = _text("page.css"), _text("page.js")
        self._headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src {_source(self._style)}; "
            f"script-src {_source(self._script)}; connect-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }

    def on_get(self, req: Request, resp: Response) -> None:
        """Tell what the link is for, and what was answered so far (http S-60 to S-64)."""
        resp.content_type = falcon.MEDIA_HTML
        resp.set_headers(self._headers)
        said = {name: req.get_param(name) or "" for name in _PARAMETERS}
        try:
            found = self._links.look(grant_of(*(said[name] for name in _PARAMETERS[:-1])), said["Signature"])
        except SignatureExpired:
            self._tell(resp, _EXPIRED)
        except SignatureRefused as error:
            LOG.debug("%s is not opened by its signature: %s.", req.context.request_id, error)
            self._tell(resp, _WRONG)
        except Unavailable as error:
            LOG.error("%s cannot be shown: %s", req.context.request_id, error)  # noqa: TRY400 - says it all
            resp.set_header("Retry-After", str(status.RETRY_AFTER))
            self._tell(resp, _AWAY)
        else:
            self._ask(resp, found, said)

    on_head = on_get

    def _ask(self, resp: Response, found: Confirmation, said: dict[str, str]) -> None:
        shown = "confirmed" if found.is_confirmed else "unsubscribed" if found.has_left else "asked"
        values = {name.lower(): value for name, value in said.items()} | {
            "kind": found.queue.kind,
            "queue": found.queue.name,
        }
        values |= {name: "" if name == shown else "hidden" for name in _SECTIONS}
        main = self._confirm.substitute({name: escape(value) for name, value in values.items()})
        resp.data = self._whole("Your subscription", main)

    def _tell(self, resp: Response, message: _Message) -> None:
        resp.status = message.code
        main = self._message.substitute(title=message.title, sentence=message.sentence)
        resp.data = self._whole(message.title, main)

    def _whole(self, title: str, main: str) -> bytes:
        return self._page.substitute(title=title, main=main, style=self._style, script=self._script).encode()


def _text(name: str) -> str:
    return files("zaqar.transport.wsgi").joinpath("pages", name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """Return how a Content-Security-Policy names what stands in the page itself."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
