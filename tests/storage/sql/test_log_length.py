"""The log of writes grows while somebody reads for long, and is cut off when nobody does."""

import sqlite3

from tests.builders import new_message
from tests.conformance.acts import post
from zaqar.storage.sql.sqlite import connection, opening


def test_a_log_that_a_reader_kept_from_beginning_anew_is_cut_off_later(database, store, queue, path, monkeypatch):
    for module in (connection, opening):
        monkeypatch.setattr(module, "LOG_LIMIT", 100_000)
    database.close()
    log = path.with_name("zaqar.db-wal")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM messages").fetchone()
    for _ in range(5):
        post(store, queue, new_message(b"x" * 100_000))
    assert log.stat().st_size > 500_000
    store.sweep()
    post(store, queue, new_message())
    assert log.stat().st_size > 500_000
    reader.close()

    store.sweep()
    post(store, queue, new_message())

    assert log.stat().st_size <= 100_000
