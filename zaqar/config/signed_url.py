"""``[signed_url]``: the keys of pre-signed URLs."""

from oslo_config import cfg, types

from zaqar.clock import Clock
from zaqar.config.groups import Group
from zaqar.errors import ConfigurationError
from zaqar.signing import Signer

SHORTEST_KEY = 16
"""Characters. Whoever has a signed URL can try keys as fast as a computer goes."""

GROUP = Group(
    "signed_url",
    [
        cfg.StrOpt(
            "secret_key",
            secret=True,
            help="Key that signs pre-signed URLs, the same for every process of the service: a long random text, such "
            "as `openssl rand -hex 32` gives. Without it there are none: making one is 400, using one 404.",
        ),
        cfg.ListOpt(
            "previous_secret_keys",
            item_type=types.String(quotes=True),
            default=[],
            secret=True,
            help="Keys, separated by commas, whose signatures are still accepted; none is made with them. A former "
            "secret_key stays here for as long as signatures of it may live. One that holds a comma is put in quotes.",
        ),
    ],
)


def signer(conf: cfg.ConfigOpts, clock: Clock) -> Signer:
    """Return what makes and verifies signatures."""
    return Signer(_keys(conf), clock)


def check_keys(conf: cfg.ConfigOpts) -> None:
    """Refuse former keys without one to follow them: nothing would be accepted, whoever holds a signature."""
    if _former(conf) and not conf.signed_url.secret_key:
        raise ConfigurationError(
            "[signed_url] previous_secret_keys is set without secret_key: set that, too, as without it no signature "
            "is accepted. The policy rule queues:share keeps new ones from being made."
        )


def warnings(conf: cfg.ConfigOpts) -> list[str]:
    """Say that a key can be guessed."""
    if any(len(key) < SHORTEST_KEY for key in _keys(conf)):
        sentence = (
            f"A key in [signed_url] has fewer than {SHORTEST_KEY} characters: who holds a signed URL can guess it, "
        )
        return [f"{sentence}and sign for every project."]
    return []


def _keys(conf: cfg.ConfigOpts) -> list[str]:
    newest = conf.signed_url.secret_key
    return [newest, *_former(conf)] if newest else []


def _former(conf: cfg.ConfigOpts) -> list[str]:
    return [key for key in conf.signed_url.previous_secret_keys if key]
