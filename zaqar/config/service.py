"""``[DEFAULT]``: what concerns the service as a whole."""

import os
from pathlib import Path

from oslo_config import cfg

from zaqar.config.groups import Group
from zaqar.errors import ConfigurationError

GROUP = Group(
    "DEFAULT",
    [
        cfg.BoolOpt(
            "admin_mode",
            default=False,
            help="Publish the endpoints for operators: health, and with pooling also pools and flavors. Not built yet: "
            "these endpoints answer 404 whatever is set here.",
        ),
        cfg.BoolOpt(
            "pooling",
            default=False,
            deprecated_name="sharding",
            help="Spread queues over several message stores. Not built yet: true is refused at start-up.",
        ),
        cfg.BoolOpt(
            "unreliable",
            default=False,
            help="Let the uri of a MongoDB store ask for a write concern with which acknowledged messages may be lost. "
            "No use with the other stores.",
        ),
        cfg.ListOpt(
            "enable_deprecated_api_versions",
            default=[],
            deprecated_for_removal=True,
            deprecated_reason="The service speaks version 2 of the API only.",
            help="No effect any more: there is version 2 of the API only.",
        ),
        cfg.BoolOpt("enable_checksum", default=False, help="Store and return an MD5 checksum of each message body."),
        cfg.StrOpt(
            "auth_strategy",
            default="",
            help="How requests are authenticated: 'keystone' for a token of Keystone, as [keystone_authtoken] says; empty, "
            "or 'noauth', for not at all, so that the identity headers of a request are believed.",
        ),
        cfg.FloatOpt(
            "queue_cache_time",
            default=2.0,
            min=0,
            help="Seconds that a process works with the metadata of a queue before it reads it again: so long may a "
            "change made through another process take to be noticed. 0 reads it for every request.",
        ),
        cfg.StrOpt(
            "state_path",
            sample_default="$XDG_STATE_HOME/zaqar, or ~/.local/state/zaqar",
            help="Directory of the service's own data, such as the embedded database zaqar.db. A leading ~ stands for "
            "the home directory. Made at start-up where it does not exist.",
        ),
    ],
    idle=frozenset({"admin_mode", "enable_deprecated_api_versions"}),
)


def state_path(conf: cfg.ConfigOpts) -> Path:
    """Return the directory of the service's own data, absolute; it may not exist yet."""
    path = Path(os.path.expanduser(conf.state_path or _default_state_path()))  # noqa: PTH111 - Path's own raises
    if path.parts[:1] and path.parts[0].startswith("~"):
        raise ConfigurationError("There is no home directory to keep data in: set [DEFAULT] state_path.")
    return path.absolute()


def _default_state_path() -> str:
    base = os.environ.get("XDG_STATE_HOME", "")
    # The XDG specification wants a relative path to be ignored.
    if not base.startswith("/"):
        base = "~/.local/state"
    return f"{base}/zaqar"
