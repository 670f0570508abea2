"""How every program tells what it refuses: a sentence a line, on standard error."""

import sys

from zaqar.errors import ConfigurationError


def tell(program: str, error: ConfigurationError) -> None:
    """Write each sentence on a line of its own, behind the name of the program."""
    for sentence in error.sentences:
        print(f"{program}: {sentence}", file=sys.stderr)
