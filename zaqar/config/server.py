"""``[server]``: the HTTP server that ``zaqar-server`` starts, and that program's own command line."""

import os
import re
import urllib.parse

from oslo_config import cfg, types

from zaqar.config import service, wsgi
from zaqar.config.groups import Group
from zaqar.config.values import Options, reason_of

MOST_WORKERS_BY_DEFAULT = 8
_NOT_IN_A_URL = re.compile(r"[?#\\\s\x00-\x1f\x7f<>\"]").search


class FileMode(types.String):
    """Three octal digits: what owner, group and others may do."""

    def __init__(self) -> None:
        super().__init__(type_name="octal value")

    def __call__(self, value: object) -> str:
        """Return the digits, or refuse what is none."""
        text = str(value)
        if not re.fullmatch("0?[0-7]{3}", text):
            raise ValueError(f"{text} is no file mode: three octal digits are wanted, such as 660")
        return text


class PublicUrl(types.String):
    """The address of the service, with a path where it has one."""

    def __init__(self) -> None:
        super().__init__(type_name="URL")

    def __call__(self, value: object) -> str:
        """Return it without a slash at the end, or refuse what no client could use, or a path could not be added to."""
        text = str(value)
        try:
            parts = urllib.parse.urlsplit(text)
            has_place = bool(parts.hostname) and parts.port != 0  # out of range is a ValueError
        except ValueError:
            has_place = False
        if not has_place or parts.scheme not in ("http", "https") or "@" in parts.netloc or _NOT_IN_A_URL(text):
            raise ValueError(
                "it is no address of a service: one begins with http:// or https:// and a host, and has no user, no "
                "query and no fragment, such as https://messaging.example.org or https://example.org/messaging"
            )
        return text.rstrip("/")


GROUP = Group(
    "server",
    [
        cfg.StrOpt(
            "engine",
            default="gunicorn",
            choices=[
                ("gunicorn", "threads that meet whole requests only, so that no client holds one"),
                ("granian", "faster, without a bound on the reading of bodies: put a proxy in front"),
            ],
            help="The HTTP engine.",
        ),
        cfg.IntOpt(
            "workers",
            min=1,
            sample_default=f"the number of CPUs, at least 2, at most {MOST_WORKERS_BY_DEFAULT}",
            help="Number of worker processes, 1 or more.",
        ),
        cfg.IntOpt(
            "threads",
            default=16,
            min=1,
            help="Threads of each worker, 1 or more: so many requests are served at once by one process.",
        ),
        cfg.BoolOpt(
            "pin_workers",
            default=False,
            help="Keep each worker on CPUs of its own, an equal share of those that the service may use. It helps where "
            "the machine has nothing else to do.",
        ),
        cfg.IntOpt(
            "client_timeout",
            default=30,
            min=1,
            help="Seconds, 1 or more, that a client may stall while it sends headers or body or reads its answer, before "
            "its connection is closed. The granian engine obeys it for headers only.",
        ),
        cfg.IntOpt(
            "graceful_timeout",
            default=30,
            min=1,
            help="Seconds, 1 or more, that requests in flight may take to end when the service stops or reloads.",
        ),
        cfg.IntOpt(
            "backlog",
            default=2048,
            min=1,
            help="Connections, 1 or more, that may wait to be accepted. The kernel's own limit applies too.",
        ),
        cfg.StrOpt(
            "unix_socket",
            help="Path of a Unix socket to listen on in place of [drivers:transport:wsgi] bind and port.",
        ),
        cfg.Opt(
            "unix_socket_mode",
            type=FileMode(),
            default="660",
            help="File mode of the Unix socket, three octal digits: who may write to it may connect. The default "
            "admits the service's user and group.",
        ),
        cfg.StrOpt("tls_certificate", help="Path of the certificate chain in PEM format. Set, the service speaks TLS."),
        cfg.StrOpt(
            "tls_key",
            help="Path of the certificate's private key in PEM format; the granian engine wants PKCS#8. Not needed "
            "where the certificate's file contains it.",
        ),
        cfg.StrOpt(
            "tls_client_ca",
            help="Path of the CA certificates in PEM format that clients' certificates must come from. Set, clients "
            "without such a certificate are refused.",
        ),
        cfg.Opt(
            "public_url",
            type=PublicUrl(),
            sample_default="the public endpoint zaqar in Keystone's catalogue",
            help="Where clients reach the service, such as https://messaging.example.org, or https://example.org/messaging "
            "where a proxy has it below a path. What subscribers are sent leads there.",
        ),
        cfg.BoolOpt("access_log", default=True, help="Write one line for each request."),
        cfg.BoolOpt(
            "allow_unauthenticated",
            default=False,
            help="Serve an address that other machines can reach although auth_strategy is empty. Anyone who reaches "
            "it may then read and delete the messages of every project.",
        ),
    ],
)

# Short names: oslo.config would call them --drivers:transport:wsgi-bind and so on.
_SHORT_NAMES: dict[str, Group] = {
    "bind": wsgi.GROUP,
    "port": wsgi.GROUP,
    "engine": GROUP,
    "workers": GROUP,
    "threads": GROUP,
    "unix_socket": GROUP,
}


def workers(conf: cfg.ConfigOpts) -> int:
    """Return the number of worker processes."""
    configured: int | None = conf.server.workers
    if configured is not None:
        return configured
    # More processes than that only queue for the embedded store's file lock; who has another store says so.
    return min(max(len(os.sched_getaffinity(0)), 2), MOST_WORKERS_BY_DEFAULT)


def is_to_be_checked(conf: cfg.ConfigOpts) -> bool:
    """Tell whether the command line asks for ``--check-config``."""
    asks: bool = conf[_destination("check_config")]
    return asks


def register_command_line(conf: cfg.ConfigOpts) -> None:
    """Make the flags of ``zaqar-server`` known; called before the command line is read."""
    for name, group in _SHORT_NAMES.items():
        flag = name.replace("_", "-")
        # The destination keeps a `bind` or `workers` in a file's [DEFAULT] from being taken for the flag.
        conf.register_cli_opt(
            cfg.StrOpt(flag, dest=_destination(name), metavar=name.upper(), help=f"Overrides [{group.name}] {name}.")
        )
    conf.register_cli_opts(option for option in service.GROUP.options if option.name == "admin_mode")
    conf.register_cli_opt(cfg.BoolOpt("daemon", default=False, help="Detach and run in the background."))
    conf.register_cli_opt(
        cfg.BoolOpt(
            "check-config",
            dest=_destination("check_config"),
            default=False,
            help="Say what is refused, what is unknown and what has no use, and end with status 0 if the service would be "
            "started with this configuration, 1 if not. Nothing is served, written or made, and no store is asked: "
            "whether stores answer and the port is free, only a start can tell.",
        )
    )


def apply_command_line(conf: Options) -> list[str]:
    """Let the flags override the files; return a sentence for each with a value that its option cannot take."""
    wrong = []
    for name, group in _SHORT_NAMES.items():
        value = conf[_destination(name)]
        if value is None:
            continue
        try:
            conf.set_override(name, value, group=group.section)
        except ValueError as error:
            conf.refuse(name, group.section)
            wrong.append(f"--{name.replace('_', '-')} {value} cannot be used: {reason_of(error)}")
    return wrong


def _destination(name: str) -> str:
    return f"command_line_{name}"
