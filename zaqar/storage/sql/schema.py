"""The tables, with each index and the query it serves.

messages, a rowid table on SQLite (its ``position`` is the rowid: an id leads to its row without an index):

- ``messages_ready`` (queue, position, expires), only READY: claim, pop, listing from any marker. ``expires`` is in it
  so that what has expired and waits to be swept is passed over without reading its row.
- ``messages_claimed``, ``messages_delayed`` (queue, position), only CLAIMED, DELAYED: listings that include them, and
  the oldest and newest message.
- ``messages_due`` (queue, due), only DELAYED: delays that have elapsed.
- ``messages_fall_due`` (due), only DELAYED: the same across queues, for the sweep.
- ``messages_expiry`` (expires), across queues: what has expired. With the queue in it, every post would write one page
  more for each queue, a tenth of its cost.

A message is in two of these at a time (four while delayed). claims: ``claims_lapse`` (queue, expires), and ``claims_end``
(expires) for the sweep. A claim lists the positions it took, so messages need no index by claim.

subscriptions, deliveries (the progress of each, by the subscription's position), notices: of a source, which is a queue whether
it has a record or not. ``subscriptions_listed``, ``notices_listed`` (source, position): lists, and what lies behind a position;
``subscriptions_end`` (source, expires), ``subscriptions_expiry`` (expires): those that have ended, and the last end;
``sources_end`` (notify_until): the sweep; ``deliveries_high`` (source, high), ``deliveries_wake`` (source, wakes_ms): leasing;
``deliveries_low`` (source, low): what of the log is still needed. None by the ends of notices (``messages.past_notices``).

remembered_posts: unique (queue, token), ``remembered_posts_end`` (forgets) for the sweep. redrives: ``redrives_running``, only those.

On a server each queue counts its own positions, so the primary keys are (queue, position), (queue, id), (source, position)
and (source, subscription), and two of the indexes are not needed. MariaDB and MySQL have no partial indexes: there ``messages_state`` (queue, state, position, expires) stands for the first three.
"""

import sqlalchemy as sa

from zaqar.storage.sql.columns import BIG, BYTES, TEXT, has_no_partial_indexes, has_partial_indexes, name, only

REVISION = "0004"
"""The newest revision of the schema; a test compares it with the migrations."""

VERSION_TABLE = "zaqar_schema"

READY, DELAYED, CLAIMED = 0, 1, 2

METADATA = sa.MetaData()

QUEUES = sa.Table(
    "queues",
    METADATA,
    sa.Column("project", name(256), primary_key=True),
    sa.Column("kind", name(8), primary_key=True),
    sa.Column("name", name(64), primary_key=True),
    sa.Column("metadata", TEXT, nullable=False),
)

RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("project", name(256), nullable=False),
    sa.Column("kind", name(8), nullable=False),
    sa.Column("name", name(64), nullable=False),
    sa.Column("total", BIG, nullable=False, server_default="0"),
    sa.Column("claimed", BIG, nullable=False, server_default="0"),
    sa.Column("discarded", BIG, nullable=False, server_default="0"),
    # The first record of the queue, where a purge made this one.
    sa.Column("begun_as", BIG),
    sa.UniqueConstraint("project", "kind", "name"),
    sqlite_autoincrement=True,
)

DROPPED = sa.Table("dropped_records", METADATA, sa.Column("id", BIG, primary_key=True, autoincrement=False))

POSITIONS = sa.Table(
    "positions",
    METADATA,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("last", BIG, nullable=False),
    sa.Column("drops", BIG, nullable=False),
)

MESSAGES = sa.Table(
    "messages",
    METADATA,
    sa.Column("position", BIG, primary_key=True, autoincrement=False),
    sa.Column("queue", BIG, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("claim", BIG),
    sa.Column("claim_count", sa.Integer, nullable=False),
    sa.Column("due", BIG),
    sa.Column("expires", BIG, nullable=False),
    sa.Column("created", BIG, nullable=False),
    sa.Column("ttl", BIG, nullable=False),
    sa.Column("client_id", name(255), nullable=False),
    sa.Column("token", name(16), nullable=False),
    sa.Column("checksum", name(64)),
    sa.Column("body", BYTES, nullable=False),
    # Of dead letters. Behind the body, so that nobody reads it who does not ask for it.
    sa.Column("origin", BYTES),
)

NEW_MESSAGE = (
    "position",
    "queue",
    "state",
    "due",
    "expires",
    "created",
    "ttl",
    "client_id",
    "token",
    "checksum",
    "body",
)
"""What a new message's row consists of, in the order of the table's columns; no claim has held it yet, and it has no origin."""

REMEMBERED_POSTS = sa.Table(
    "remembered_posts",
    METADATA,
    sa.Column("position", BIG, primary_key=True, autoincrement=False),
    sa.Column("queue", BIG, nullable=False),
    sa.Column("token", name(16), nullable=False),
    sa.Column("forgets", BIG, nullable=False),
    sa.UniqueConstraint("queue", "token"),
)
"""Posts that are to be known again, whatever became of their messages: the position of the first, and the second of the end."""

CLAIMS = sa.Table(
    "claims",
    METADATA,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("queue", BIG, nullable=False),
    sa.Column("token", name(16), nullable=False),
    sa.Column("ttl", BIG, nullable=False),
    sa.Column("expires", BIG, nullable=False),
    sa.Column("positions", TEXT, nullable=False),
)

DEAD_LETTER_RULES = sa.Table(
    "dead_letter_rules",
    METADATA,
    sa.Column("queue", BIG, primary_key=True, autoincrement=False),
    sa.Column("project", name(256), nullable=False),
    sa.Column("kind", name(8), nullable=False),
    sa.Column("name", name(64), nullable=False),
    sa.Column("max_claim_count", BIG, nullable=False),
    sa.Column("ttl", BIG),
)
"""The rule of each queue in which a claim left dead letters: where to (no name: thrown away), after how many claims, for how long."""

REDRIVES = sa.Table(
    "redrives",
    METADATA,
    sa.Column("queue", BIG, primary_key=True, autoincrement=False),
    sa.Column("id", name(30), nullable=False),
    sa.Column("is_running", sa.SmallInteger, nullable=False),
    sa.Column("holder", name(255), nullable=False),
    sa.Column("lease_ends_ms", BIG, nullable=False),
    sa.Column("content", BYTES, nullable=False),
)
"""The redrive of each queue, by its record: the one that is running, else the last."""

SOURCES = sa.Table(
    "sources",
    METADATA,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("project", name(256), nullable=False),
    sa.Column("kind", name(8), nullable=False),
    sa.Column("name", name(64), nullable=False),
    sa.Column("notify_until", BIG, nullable=False, server_default="0"),
    sa.UniqueConstraint("project", "kind", "name"),
    sqlite_autoincrement=True,
)
"""Queues that are or were subscribed to, whether they have a record or not."""

SUBSCRIPTIONS = sa.Table(
    "subscriptions",
    METADATA,
    sa.Column("position", BIG, primary_key=True, autoincrement=False),
    sa.Column("source", BIG, nullable=False),
    sa.Column("token", name(16), nullable=False),
    sa.Column("version", BIG, nullable=False),
    sa.Column("expires", BIG, nullable=False),
    sa.Column("digest", name(64), nullable=False),
    sa.Column("content", BYTES, nullable=False),
    sa.UniqueConstraint("source", "digest"),
)

DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("subscription", BIG, primary_key=True, autoincrement=False),
    sa.Column("source", BIG, nullable=False),
    sa.Column("high", BIG, nullable=False),
    sa.Column("low", BIG, nullable=False),
    sa.Column("wakes_ms", BIG),
    sa.Column("is_full", sa.SmallInteger, nullable=False),
    sa.Column("is_hurried", sa.SmallInteger, nullable=False),
    sa.Column("lease_ends_ms", BIG, nullable=False),
    sa.Column("holder", name(255), nullable=False),
    sa.Column("progress", BYTES, nullable=False),
)
"""Beside the subscriptions and not in them: progress is written all the time, and what a client gave may be large."""

NOTICES = sa.Table(
    "notices",
    METADATA,
    sa.Column("position", BIG, primary_key=True, autoincrement=False),
    sa.Column("source", BIG, nullable=False),
    sa.Column("created", BIG, nullable=False),
    sa.Column("expires", BIG, nullable=False),
    sa.Column("token", name(16), nullable=False),
    sa.Column("subscription", name(31).with_variant(sa.String(30), "sqlite")),  # SQLite looks at no lengths
    sa.Column("messages", BYTES, nullable=False),
)

CLOCKS = sa.Table(
    "clocks",
    METADATA,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("boot", name(64), nullable=False),
    sa.Column("uptime", BIG, nullable=False),
    sa.Column("time", BIG, nullable=False),
    sa.Column("is_behind", sa.SmallInteger, nullable=False),
)
"""One row on SQLite: the service's time at some uptime of this boot, both in microseconds (``sqlite.anchored_clock``)."""


for _index in (
    sa.Index("messages_ready", MESSAGES.c.queue, MESSAGES.c.position, MESSAGES.c.expires, **only("state = 0")),
    sa.Index("messages_claimed", MESSAGES.c.queue, MESSAGES.c.position, **only("state = 2")),
    sa.Index("messages_delayed", MESSAGES.c.queue, MESSAGES.c.position, **only("state = 1")),
):
    _index.ddl_if(callable_=has_partial_indexes)
sa.Index("messages_state", MESSAGES.c.queue, MESSAGES.c.state, MESSAGES.c.position, MESSAGES.c.expires).ddl_if(
    callable_=has_no_partial_indexes
)
sa.Index("messages_due", MESSAGES.c.queue, MESSAGES.c.due, **only("state = 1"))
sa.Index("messages_fall_due", MESSAGES.c.due, **only("state = 1"))
sa.Index("messages_expiry", MESSAGES.c.expires)
for _index in (
    sa.Index("subscriptions_listed", SUBSCRIPTIONS.c.source, SUBSCRIPTIONS.c.position),
    sa.Index("notices_listed", NOTICES.c.source, NOTICES.c.position),
):
    _index.ddl_if(dialect="sqlite")
sa.Index("sources_end", SOURCES.c.notify_until)
sa.Index("subscriptions_end", SUBSCRIPTIONS.c.source, SUBSCRIPTIONS.c.expires)
sa.Index("subscriptions_expiry", SUBSCRIPTIONS.c.expires)
sa.Index("deliveries_high", DELIVERIES.c.source, DELIVERIES.c.high)
sa.Index("deliveries_low", DELIVERIES.c.source, DELIVERIES.c.low)
sa.Index("deliveries_wake", DELIVERIES.c.source, DELIVERIES.c.wakes_ms, **only("wakes_ms IS NOT NULL"))
sa.Index("remembered_posts_end", REMEMBERED_POSTS.c.forgets)
sa.Index("redrives_running", REDRIVES.c.is_running, **only("is_running = 1"))
sa.Index("claims_lapse", CLAIMS.c.queue, CLAIMS.c.expires)
sa.Index("claims_end", CLAIMS.c.expires)
