"""Settings for a gunicorn of your own, in place of ``zaqar-server``.

Start it with ``ZAQAR_CONFIG_FILE=/etc/zaqar/zaqar.conf gunicorn --config gunicorn.conf.py zaqar.transport.wsgi.app:app``.
Unlike ``zaqar-server`` it sets no deadline for a request's body: put a proxy in front that buffers requests.
"""

bind = "127.0.0.1:8888"
workers = 2
threads = 16
worker_class = "gthread"
keepalive = 30
graceful_timeout = 30
# A header with an underscore would pass for the one with a hyphen.
header_map = "drop"
forwarder_headers = ""
secure_scheme_headers = {}
control_socket_disable = True
