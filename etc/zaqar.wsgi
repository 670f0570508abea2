"""What Apache's mod_wsgi loads; see apache.conf."""

from zaqar.transport.wsgi.app import application

__all__ = ["application"]
