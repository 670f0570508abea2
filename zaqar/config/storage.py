"""``[storage]``: stages around the stores, of which only the notifier is known here; it is on without being named."""

from oslo_config import cfg

from zaqar.config.groups import Group

NOTIFIER = "zaqar.notification.notifier"

GROUP = Group(
    "storage",
    [
        cfg.ListOpt(
            f"{resource}_pipeline",
            default=[],
            help=f"Stages of {resource} operations. Empty, or in message_pipeline {NOTIFIER}, which changes nothing: "
            "[notification] enabled switches it. Any other stage is refused at start-up.",
        )
        for resource in ("queue", "message", "claim", "subscription", "topic")
    ],
)
