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
``deliveries_low`` (source, low): what of the log is still needed. None by ``expires`` of notices: each post that leaves one would write
to it, and the sweep finds what is past by going round (``messages.past_notices``).

remembered_posts: the unique one on (queue, token), and ``remembered_posts_end`` (forgets) for the sweep. redrives: by the queue's record;
``redrives_running`` (is_running), only those that run.

On a server each queue counts its own positions, so the primary keys are (queue, position), (queue, id), (source, position)
and (source, subscription), and two of the indexes are not needed. MariaDB and MySQL have no partial indexes: there ``messages_state`` (queue, state, position, expires) stands for the first three.
"""

from typing import Any

import sqlalchemy as sa

REVISION = "0004"
"""The newest revision of the schema; a test compares it with the migrations."""

VERSION_TABLE = "zaqar_schema"

READY, DELAYED, CLAIMED = 0, 1, 2

METADATA = sa.MetaData()

# Counters and times exceed 32 bits; SQLite wants INTEGER to alias the rowid.
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# MariaDB's plain types end at 64 KiB.
_TEXT = sa.Text().with_variant(sa.Text(2**24), "mysql", "mariadb")
_BYTES = sa.LargeBinary().with_variant(sa.LargeBinary(2**32 - 1), "mysql", "mariadb")


def _name(length: int) -> sa.types.TypeEngine[str]:
    """Return the type of a text that is compared byte by byte (on MariaDB, the migrations set that for each table)."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


QUEUES = sa.Table(
    "queues",
    METADATA,
    sa.Column("project", _name(256), primary_key=True),
    sa.Column("kind", _name(8), primary_key=True),
    sa.Column("name", _name(64), primary_key=True),
    sa.Column("metadata", _TEXT, nullable=False),
)

RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("project", _name(256), nullable=False),
    sa.Column("kind", _name(8), nullable=False),
    sa.Column("name", _name(64), nullable=False),
    sa.Column("total", _BIG, nullable=False, server_default="0"),
    sa.Column("claimed", _BIG, nullable=False, server_default="0"),
    sa.Column("discarded", _BIG, nullable=False, server_default="0"),
    # The first of the records that took each other's place when the queue was purged; null: this is the first.
    sa.Column("begun_as", _BIG),
    sa.UniqueConstraint("project", "kind", "name"),
    sqlite_autoincrement=True,
)

DROPPED = sa.Table("dropped_records", METADATA, sa.Column("id", _BIG, primary_key=True, autoincrement=False))

POSITIONS = sa.Table(
    "positions",
    METADATA,
    sa.Column("id", _BIG, primary_key=True, autoincrement=False),
    sa.Column("last", _BIG, nullable=False),
    sa.Column("drops", _BIG, nullable=False),
)

MESSAGES = sa.Table(
    "messages",
    METADATA,
    sa.Column("position", _BIG, primary_key=True, autoincrement=False),
    sa.Column("queue", _BIG, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("claim", _BIG),
    sa.Column("claim_count", sa.Integer, nullable=False),
    sa.Column("due", _BIG),
    sa.Column("expires", _BIG, nullable=False),
    sa.Column("created", _BIG, nullable=False),
    sa.Column("ttl", _BIG, nullable=False),
    sa.Column("client_id", _name(255), nullable=False),
    sa.Column("token", _name(16), nullable=False),
    sa.Column("checksum", _name(64)),
    sa.Column("body", _BYTES, nullable=False),
    # Of dead letters. Behind the body, so that nobody reads it who does not ask for it.
    sa.Column("origin", _BYTES),
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
    sa.Column("position", _BIG, primary_key=True, autoincrement=False),
    sa.Column("queue", _BIG, nullable=False),
    sa.Column("token", _name(16), nullable=False),
    sa.Column("forgets", _BIG, nullable=False),
    sa.UniqueConstraint("queue", "token"),
)
"""Posts that are to be known again, whatever became of their messages: the position of the first, and the second of the end."""

CLAIMS = sa.Table(
    "claims",
    METADATA,
    sa.Column("id", _BIG, primary_key=True, autoincrement=False),
    sa.Column("queue", _BIG, nullable=False),
    sa.Column("token", _name(16), nullable=False),
    sa.Column("ttl", _BIG, nullable=False),
    sa.Column("expires", _BIG, nullable=False),
    sa.Column("positions", _TEXT, nullable=False),
)

DEAD_LETTER_RULES = sa.Table(
    "dead_letter_rules",
    METADATA,
    sa.Column("queue", _BIG, primary_key=True, autoincrement=False),
    sa.Column("project", _name(256), nullable=False),
    sa.Column("kind", _name(8), nullable=False),
    sa.Column("name", _name(64), nullable=False),
    sa.Column("max_claim_count", _BIG, nullable=False),
    sa.Column("ttl", _BIG),
)
"""The rule of each queue in which a claim left dead letters: where to, after how many claims, for how long. A name without letters
says that they are thrown away."""

REDRIVES = sa.Table(
    "redrives",
    METADATA,
    sa.Column("queue", _BIG, primary_key=True, autoincrement=False),
    sa.Column("id", _name(30), nullable=False),
    sa.Column("is_running", sa.SmallInteger, nullable=False),
    sa.Column("holder", _name(255), nullable=False),
    sa.Column("lease_ends_ms", _BIG, nullable=False),
    sa.Column("content", _BYTES, nullable=False),
)
"""The redrive of each queue, by its record: the one that is running, else the last."""

SOURCES = sa.Table(
    "sources",
    METADATA,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("project", _name(256), nullable=False),
    sa.Column("kind", _name(8), nullable=False),
    sa.Column("name", _name(64), nullable=False),
    sa.Column("notify_until", _BIG, nullable=False, server_default="0"),
    sa.UniqueConstraint("project", "kind", "name"),
    sqlite_autoincrement=True,
)
"""Queues that are or were subscribed to, whether they have a record or not."""

SUBSCRIPTIONS = sa.Table(
    "subscriptions",
    METADATA,
    sa.Column("position", _BIG, primary_key=True, autoincrement=False),
    sa.Column("source", _BIG, nullable=False),
    sa.Column("token", _name(16), nullable=False),
    sa.Column("version", _BIG, nullable=False),
    sa.Column("expires", _BIG, nullable=False),
    sa.Column("digest", _name(64), nullable=False),
    sa.Column("content", _BYTES, nullable=False),
    sa.UniqueConstraint("source", "digest"),
)

DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("subscription", _BIG, primary_key=True, autoincrement=False),
    sa.Column("source", _BIG, nullable=False),
    sa.Column("high", _BIG, nullable=False),
    sa.Column("low", _BIG, nullable=False),
    sa.Column("wakes_ms", _BIG),
    sa.Column("is_full", sa.SmallInteger, nullable=False),
    sa.Column("is_hurried", sa.SmallInteger, nullable=False),
    sa.Column("lease_ends_ms", _BIG, nullable=False),
    sa.Column("holder", _name(255), nullable=False),
    sa.Column("progress", _BYTES, nullable=False),
)
"""Beside the subscriptions and not in them: progress is written all the time, and what a client gave may be large."""

NOTICES = sa.Table(
    "notices",
    METADATA,
    sa.Column("position", _BIG, primary_key=True, autoincrement=False),
    sa.Column("source", _BIG, nullable=False),
    sa.Column("created", _BIG, nullable=False),
    sa.Column("expires", _BIG, nullable=False),
    sa.Column("token", _name(16), nullable=False),
    # SQLite looks at no lengths, and would have to make the table anew.
    sa.Column("subscription", _name(31).with_variant(sa.String(30), "sqlite")),
    sa.Column("messages", _BYTES, nullable=False),
)

CLOCKS = sa.Table(
    "clocks",
    METADATA,
    sa.Column("id", _BIG, primary_key=True, autoincrement=False),
    sa.Column("boot", _name(64), nullable=False),
    sa.Column("uptime", _BIG, nullable=False),
    sa.Column("time", _BIG, nullable=False),
    sa.Column("is_behind", sa.SmallInteger, nullable=False),
)
"""One row on SQLite: the service's time at some uptime of this boot, both in microseconds (``sqlite.anchored_clock``)."""


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _has_partial_indexes(*_: Any, **options: Any) -> bool:
    return options["dialect"].name not in ("mariadb", "mysql")


def _has_none(*_: Any, **options: Any) -> bool:
    return not _has_partial_indexes(**options)


for _index in (
    sa.Index("messages_ready", MESSAGES.c.queue, MESSAGES.c.position, MESSAGES.c.expires, **_only("state = 0")),
    sa.Index("messages_claimed", MESSAGES.c.queue, MESSAGES.c.position, **_only("state = 2")),
    sa.Index("messages_delayed", MESSAGES.c.queue, MESSAGES.c.position, **_only("state = 1")),
):
    _index.ddl_if(callable_=_has_partial_indexes)
sa.Index("messages_state", MESSAGES.c.queue, MESSAGES.c.state, MESSAGES.c.position, MESSAGES.c.expires).ddl_if(
    callable_=_has_none
)
sa.Index("messages_due", MESSAGES.c.queue, MESSAGES.c.due, **_only("state = 1"))
sa.Index("messages_fall_due", MESSAGES.c.due, **_only("state = 1"))
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
sa.Index("deliveries_wake", DELIVERIES.c.source, DELIVERIES.c.wakes_ms, **_only("wakes_ms IS NOT NULL"))
sa.Index("remembered_posts_end", REMEMBERED_POSTS.c.forgets)
sa.Index("redrives_running", REDRIVES.c.is_running, **_only("is_running = 1"))
sa.Index("claims_lapse", CLAIMS.c.queue, CLAIMS.c.expires)
sa.Index("claims_end", CLAIMS.c.expires)
