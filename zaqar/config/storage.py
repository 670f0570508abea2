"""``[storage]``: stages around the stores, of which only the notifier has a meaning here, and that not yet."""

from oslo_config import cfg

from zaqar.config.groups import Group

NOTIFIER = "zaqar.notification.notifier"

GROUP = Group(
    "storage",
    [
        cfg.ListOpt(
            f"{resource}_pipeline",
            default=[],
            help=f"Stages of {resource} operations. Empty, or in message_pipeline {NOTIFIER}, which does nothing until "
            "subscriptions are built; any other stage is refused at start-up.",
        )
        for resource in ("queue", "message", "claim", "subscription", "topic")
    ],
)
