"""A program that says that it runs, in a file that it is named, and does so until it is told to end."""

import os
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGUSR2, lambda *_: None)
    with Path(sys.argv[1]).open("a") as said:
        said.write(f"{os.getpid()} {os.environ.get('ZAQAR_PARENT')}\n")
    while True:
        signal.pause()
