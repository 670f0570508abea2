"""What the pages for users tell them to type."""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks in that language; of ``sh``, also those that only begin with two colons."""
    opening = rf"^\.\. code-block:: {language}\n" if language != "sh" else r"^(?:\.\. code-block:: sh\n|.*::\n)"
    found = re.findall(rf"{opening}\n((?: {{3,}}.*\n|\n)+)", (ROOT / page).read_text(), re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


def block(page: str, language: str, words: str) -> str:
    """Return the one code block that contains the words."""
    (found,) = [block for block in blocks(page, language) if words in block]
    return found


def commands(page: str) -> str:
    """Return all blocks of a page that call curl, one after the other."""
    return "\n".join(block for block in blocks(page, "sh") if "curl" in block)
