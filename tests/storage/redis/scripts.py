"""Every script that the driver runs, and the folder that their files lie in."""

from pathlib import Path

from zaqar.storage.redis.management import scripts as management
from zaqar.storage.redis.messages import scripts as messages
from zaqar.storage.redis.server.script import Script

FOLDER = Path(__file__).parents[3] / "zaqar/storage/redis/scripts"

SCRIPTS: dict[str, Script] = {
    script.name: script
    for table in (messages, management)
    for script in vars(table).values()
    if isinstance(script, Script)
}
"""By their names, such as ``claims/create``."""
