"""``[profiler]``: request tracing, not built yet."""

from oslo_config import cfg

from zaqar.config.groups import idle_group

GROUP = idle_group(
    "profiler",
    [
        cfg.BoolOpt("enabled", default=False, help="Trace requests at all."),
        cfg.BoolOpt("trace_wsgi_transport", default=False, help="Trace HTTP requests."),
        cfg.BoolOpt("trace_message_store", default=False, help="Trace the message store."),
        cfg.BoolOpt("trace_management_store", default=False, help="Trace the management store."),
    ],
)
