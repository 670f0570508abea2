"""Print every message of a queue, oldest first, and go on with those that arrive; take none of them away.

The marker in the file says how far we came. It is written after the messages were printed: whoever stops or kills the
observer and starts it again misses none, and at worst sees the last page a second time.
"""

import json
import time
from pathlib import Path

from client import Queue, arguments, run


def save(marker: str, file: Path) -> None:
    """Write the marker so that the file holds the old one or the new one, never half of it."""
    fresh = file.with_name(file.name + ".new")
    fresh.write_text(marker)
    fresh.replace(file)


def main() -> None:
    """Follow the queue until told to stop."""
    parser = arguments(__doc__, queue="example-jobs")
    parser.add_argument("--marker-file", type=Path, default=Path("observer.marker"), help="(default: %(default)s)")
    options = parser.parse_args()

    queue = Queue(options.url, options.project, options.queue, options.token)
    marker = options.marker_file.read_text() if options.marker_file.exists() else ""
    while True:
        messages, marker = queue.messages(marker)
        for message in messages:
            claimed = " (claimed)" if "?claim_id=" in message["href"] else ""
            print(f"{message['id']} {message['age']} s old{claimed}: {json.dumps(message['body'])}", flush=True)
        if messages:
            save(marker, options.marker_file)
        else:
            time.sleep(1)


if __name__ == "__main__":
    run(main)
