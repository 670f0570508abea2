"""Run inside Keystone's own environment, by the Python there: makes its database, or serves it.

``program.py make CONFIGURATION`` or ``program.py serve CONFIGURATION PORT ACCESS_LOG``. The access log has a line for each
request: method, path, status.
"""

import getpass
import os
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

PASSWORD = "the password of Keystone's first user"


def make(configuration):
    """Make database and keys; a process for each step, as Keystone's commands can only be run once in one."""
    from keystone.cmd import cli

    owner = ["--keystone-user", getpass.getuser(), "--keystone-group", getpass.getuser()]
    urls = [f"--bootstrap-{kind}-url=$(public_endpoint)s/v3" for kind in ("public", "internal", "admin")]
    for step in (
        ["db_sync"],
        ["fernet_setup", *owner],
        ["credential_setup", *owner],
        ["bootstrap", "--bootstrap-password", PASSWORD, *urls, "--bootstrap-region-id", "RegionOne"],
    ):
        if child := os.fork():
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if status:
                sys.exit(status)
        else:
            cli.main(["keystone-manage", "--config-file", configuration, *step])
            os._exit(0)


def serve(configuration, port, access_log):
    """Serve until killed."""
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = configuration
    sys.argv[1:] = []  # Keystone would read them
    from keystone.server.wsgi import initialize_public_application
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code="-", size="-"):
            with Path(access_log).open("a") as log:
                log.write(f"{self.command} {self.path} {code}\n")

    make_server(
        "127.0.0.1", int(port), initialize_public_application(), threaded=True, request_handler=Handler
    ).serve_forever()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"make": make, "serve": serve}[command](*arguments)
