"""Conditions on messages that several steps share."""

import sqlalchemy as sa

from zaqar.storage.sql.schema import CLAIMS, MESSAGES
from zaqar.storage.sql.sqlite.compilation import unindexed

IN_QUEUE = MESSAGES.c.queue == sa.bindparam("queue")
"""Being in the queue whose record has the id ``queue``."""

LIVES = unindexed(MESSAGES.c.expires) > sa.bindparam("now")
"""Not having expired; SQLite reads it in ``messages_ready`` where that leads to the message, else in its row."""

IS_NAMED = (MESSAGES.c.position == sa.bindparam("at"), IN_QUEUE, MESSAGES.c.token == sa.bindparam("token"), LIVES)
"""Having the id whose parts are ``at`` and ``token``, and not having expired."""

WITH_LIVE_CLAIM = sa.outerjoin(
    MESSAGES, CLAIMS, (CLAIMS.c.id == MESSAGES.c.claim) & (unindexed(CLAIMS.c.expires) > sa.bindparam("now"))
)
"""Messages beside the claims that hold them, without those that have lapsed and wait to be released."""
