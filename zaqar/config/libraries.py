"""Options of libraries that Zaqar uses and this service does not, yet or any more (storage 8.3).

One file often serves several programs, and what a library of theirs reads is no mistake in it: such sections are known
here by name. A name that is only like one of them is a mistake, ``[oslo_polcy]`` for instance.
"""

from oslo_config import cfg

from zaqar.config import authentication
from zaqar.config.given import settings

# Without names: any option of the section.
_IDLE: dict[str, tuple[str, ...]] = {
    "cache": ("enabled",),
    "keystone_authtoken": (),
    "oslo_reports": ("file_event_handler",),
    "profiler": ("connection_string", "hmac_keys"),
    "trustee": ("auth_type",),
}

_SECTIONS = frozenset(
    {
        *(section for section in _IDLE if section != "profiler"),
        "audit",
        "audit_middleware_notifications",
        "database",
        "healthcheck",
        "key_manager",
        "keystone",
        "matchmaker_redis",
        "oslo_concurrency",
        "oslo_limit",
        "oslo_messaging_amqp",
        "oslo_messaging_kafka",
        "oslo_messaging_metrics",
        "oslo_messaging_notifications",
        "oslo_messaging_rabbit",
        "oslo_middleware",
        "oslo_versionedobjects",
        "service_auth",
        "service_user",
        "ssl",
    }
)

_NAMES = {
    # oslo.messaging's and osprofiler's
    "DEFAULT": frozenset(
        {
            "conn_pool_min_size",
            "conn_pool_ttl",
            "control_exchange",
            "executor_thread_pool_size",
            "rpc_conn_pool_size",
            "rpc_ping_enabled",
            "rpc_response_timeout",
            "transport_url",
        }
    ),
    "profiler": frozenset(
        {
            *_IDLE["profiler"],
            "es_doc_type",
            "es_scroll_size",
            "es_scroll_time",
            "filter_error_trace",
            "sentinel_service_name",
            "socket_timeout",
            "trace_requests",
            "trace_sqlalchemy",
        }
    ),
}


def is_of_library(section: str, name: str) -> bool:
    """Tell whether the option is one of a library, which another program may read in the same file."""
    return section in _SECTIONS or name.replace("-", "_") in _NAMES.get(section, ())


def idle_settings(conf: cfg.ConfigOpts) -> list[str]:
    """Name those that operators of Zaqar expect to have an effect and that are set."""
    given = {(setting.section, setting.name.replace("-", "_")) for setting in settings(conf)}
    lines = []
    idle = _IDLE
    if authentication.has_keystone(conf):
        idle = _IDLE | {authentication.SECTION: authentication.IDLE}
        del idle[authentication.TRUSTEE]
    for section, names in idle.items():
        if not names and any(section == other for other, _ in given):
            lines.append(f"[{section}]")
        lines += [f"[{section}] {name}" for name in names if (section, name) in given]
    return lines


def sections_of_others(conf: cfg.ConfigOpts) -> list[str]:
    """Name the other sections of libraries that are set: nothing here reads them."""
    found = {setting.section for setting in settings(conf) if setting.section in _SECTIONS - _IDLE.keys()}
    return [f"[{section}]" for section in sorted(found)]
