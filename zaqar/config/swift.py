"""``[drivers:message_store:swift]``: not built yet."""

from oslo_config import cfg

from zaqar.config.groups import idle_group

MESSAGE_STORE = idle_group(
    "drivers:message_store:swift",
    [
        cfg.StrOpt("auth_url", default="http://127.0.0.1:5000/v3/", help="Address of Keystone."),
        cfg.StrOpt(
            "uri",
            default="swift://demo:nomoresecrete@/demo",
            secret=True,
            help="User, password and project, as swift://user:password@/project.",
        ),
        cfg.BoolOpt("insecure", default=False, help="Do not check certificates."),
        cfg.StrOpt("project_domain_id", help="Id of the project's domain."),
        cfg.StrOpt("project_domain_name", default="Default", help="Name of the project's domain."),
        cfg.StrOpt("user_domain_id", help="Id of the user's domain."),
        cfg.StrOpt("user_domain_name", default="Default", help="Name of the user's domain."),
        cfg.StrOpt("region_name", help="Region of the object store."),
        cfg.StrOpt("interface", default="publicURL", help="Interface of the object store's endpoint."),
    ],
)
