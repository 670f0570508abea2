"""The application for any WSGI server: ``zaqar.transport.wsgi.app:application`` (storage R9.6.1).

Configuration comes from the files named by ZAQAR_CONFIG_FILE, separated by colons, or from oslo.config's usual places.
"""

from zaqar import deploy

application = app = deploy.hosted_application()
