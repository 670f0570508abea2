"""The composition root: configuration in, programs out. It alone knows every layer; it names no driver."""

from zaqar.deploy.applications import CONFIG_FILE_VARIABLE, WSGIApplication, hosted_application, wsgi_application
from zaqar.deploy.delivering import Delivering
from zaqar.deploy.service import Service, service
from zaqar.deploy.start import Start, checks, describe_authentication, start, start_log
from zaqar.deploy.stores import chosen, describe, prepare, store_checks

__all__ = [
    "CONFIG_FILE_VARIABLE",
    "Delivering",
    "Service",
    "Start",
    "WSGIApplication",
    "checks",
    "chosen",
    "describe",
    "describe_authentication",
    "hosted_application",
    "prepare",
    "service",
    "start",
    "start_log",
    "store_checks",
    "wsgi_application",
]
