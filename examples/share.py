"""Make a signed URL: a file for curl whose holder needs no token and may do only what it says, until it ends.

The holder of reader.curl can look and not touch, that of writer.curl can post and not look:

    python share.py --methods GET > reader.curl
    python share.py --methods POST > writer.curl

Keep such a file like a password: it cannot be taken back alone. The service needs [signed_url] secret_key; where it asks Keystone, whoever shares needs
a token (--token, or the variable OS_TOKEN), and the holder none.
"""

import uuid
from datetime import UTC, datetime, timedelta

from client import Queue, arguments, run


def main() -> None:
    """Ask for the signature and print the file."""
    parser = arguments(__doc__, queue="example-shared")
    parser.add_argument("--methods", nargs="+", default=["GET"], help="what its holder may do (default: GET)")
    parser.add_argument("--seconds", type=int, default=3600, help="seconds until it ends (default: %(default)s)")
    options = parser.parse_args()

    queue = Queue(options.url, options.project, options.queue, options.token)
    expires = datetime.now(UTC) + timedelta(seconds=options.seconds)
    wanted = {"paths": ["messages"], "methods": options.methods, "expires": expires.isoformat()}
    signed = queue.call("POST", f"{queue.path}/share", wanted)

    print(f'url = "{queue.url}{signed["paths"][0]}"')
    headers = {
        "URL-Signature": signed["signature"],
        "URL-Expires": signed["expires"],
        "URL-Methods": ",".join(signed["methods"]),
        "URL-Paths": ",".join(signed["paths"]),
        "X-Project-ID": signed["project"],
        "Client-ID": str(uuid.uuid4()),
        "Content-Type": "application/json",
    }
    for name, value in headers.items():
        print(f'header = "{name}: {value}"')


if __name__ == "__main__":
    run(main)
