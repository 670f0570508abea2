"""``[pooling:catalog]``: not built yet."""

from oslo_config import cfg

from zaqar.config.groups import idle_group

GROUP = idle_group(
    "pooling:catalog",
    [
        cfg.BoolOpt(
            "enable_virtual_pool",
            default=False,
            help="With pooling, keep queues that no pool holds in the configured message store.",
        )
    ],
)
