"""Links to confirm, as mails have them, and the page behind them."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

from tests.api import signed

REQUIRED = "[notification]\nrequire_confirmation = true\n"


class Page(HTMLParser):
    """What a person sees of an answer, and what the script is told."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.status = answer, answer.status
        self.tags, self.texts, self.link = [], [], {}
        self._open = []
        self.feed(answer.data.decode())
        self.close()

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._open.append((tag, "hidden" in dict(attributes)))
        if tag == "main":
            self.link = {name: value for name, value in attributes if name.startswith("data-")}
        if tag == "meta":
            self._open.pop()

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag, "the tags are not well nested"

    def handle_data(self, data):
        is_seen = not any(is_hidden or tag in {"script", "style", "title", "noscript"} for tag, is_hidden in self._open)
        if is_seen:
            self.texts.append(data)


def linked(project, path, expires, *, secret=signed.SECRET, methods=("PUT",), paths=None, **changes):
    """Return the link that is in a mail (notifications N-62); what is given else replaces parts of it."""
    text = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    made = signed.made_by_hand(*(paths or (path,)), methods=methods, project=project, expires=text, secret=secret)
    said = {
        "Signature": made["signature"],
        "Methods": ",".join(made["methods"]),
        "Paths": ",".join(made["paths"]),
        "Project": project,
        "Expires": text,
        "Url": "",
        "Queue": "q",
    }
    return f"/confirm?{urlencode(said | changes, quote_via=quote, safe='')}"


def path_of(made, source="queues/q"):
    return f"/v2/{source}/subscriptions/{made}/confirm"


def opened(client, link, method="GET", **headers):
    """Open a link as a browser does, which sends no header of the API."""
    accepted = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    return client.send(method, link, headers={"Accept": accepted, **headers})


def wrong_links(project, path, expires):
    """Name links that prove nothing, or not what they should."""
    good = linked(project, path, expires)
    return {
        "no parameters": "/confirm",
        "no signature": linked(project, path, expires, Signature=""),
        "a forged signature": linked(project, path, expires, secret="guessed"),
        "a signature that is no ASCII": linked(project, path, expires, Signature="é" * 64),
        "another project": linked(project, path, expires, Project="another"),
        "no project": linked("", path, expires),
        "another end": linked(project, path, expires + 1, Expires="2099-01-01T00:00:00"),
        "an end that is no time": linked(project, path, expires, Expires="tomorrow"),
        "no end": linked(project, path, expires, Expires=""),
        "one that was not sent": linked(project, path, expires + 1),
        "other methods": linked(project, path, expires, methods=("GET",)),
        "a path beside it": linked(project, path, expires, paths=(path, "/v2/queues/q/messages")),
        "a path above it": linked(project, path, expires, paths=(path.removesuffix("/confirm"),)),
        "a path below it": linked(project, path, expires, paths=(f"{path}/x",)),
        "another subscription": linked(project, path_of("0" * 30), expires),
        "an id that is none": linked(project, path_of("x"), expires),
        "a queue that cannot be": linked(project, path_of("0" * 30, "queues/a b"), expires),
        "cut at its end": good[: good.index("&Expires")],
    }
