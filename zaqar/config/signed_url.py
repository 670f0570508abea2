"""``[signed_url]``: pre-signed URLs, not built yet."""

from oslo_config import cfg

from zaqar.config.groups import idle_group

GROUP = idle_group(
    "signed_url",
    [cfg.StrOpt("secret_key", secret=True, help="Key that signs pre-signed URLs and confirmation links.")],
)
