"""A disk that is really full: what makes room goes on, also after a restart, and then there is room again."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import new_message, queue_key
from tests.conformance.acts import claim, ids, listed, post
from tests.needs import require
from tests.storage.sql.batches import wait_until
from zaqar.errors import Unavailable
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare

SIZE = 80


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    require("a full disk", None if made.returncode == 0 else f"nothing can be mounted: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def _opened(disk: Path, clock) -> Iterator[MessageStore]:
    uri = f"sqlite:///{disk}/zaqar.db"
    prepare(uri)
    with contextlib.closing(Database(uri, clock=clock)) as database:
        yield message_store(database)


def _fill(store, queue) -> list[str]:
    """Post until that is refused; return the ids of what was acknowledged."""
    acknowledged: list[str] = []
    with contextlib.suppress(Unavailable):
        while len(acknowledged) < 100_000:
            acknowledged += post(store, queue, *(new_message(b'"%s"' % (b"x" * 2000), ttl=3600) for _ in range(20)))
    return acknowledged


def _take_the_rest(disk: Path) -> None:
    """Let another program write until nothing is left."""
    with (disk / "foreign.log").open("ab", buffering=0) as log, contextlib.suppress(OSError):
        while True:
            log.write(b"x" * 4096)


def _check_that_room_can_be_made(store, queue, left: list[str]) -> None:
    """Consume everything, in each of the ways there are."""
    with pytest.raises(Unavailable, match="SQLITE_FULL"):
        post(store, queue, new_message(b"x" * 100_000))
    assert ids(listed(store, queue, limit=5)) == left[:5]
    assert store.records.stats(queue).free == len(left)
    store.messages.delete(queue, named(left.pop(0)), claim_id=None)
    for _ in range(20):
        held = claim(store, queue, limit=10)
        assert ids(held.messages) == left[:10]
        store.messages.delete_many(queue, parse_ids(left[:10]), claim_ids=parse_ids([held.id]))
        del left[:10]
    store.claims.release(queue, named(claim(store, queue, limit=10).id))
    assert ids(store.messages.pop(queue, limit=10)) == left[:10]
    del left[:10]
    assert ids(listed(store, queue, limit=5)) == left[:5]


@pytest.mark.parametrize("others_fill_it", [False, True], ids=["by posts", "by another program"])
def test_on_a_full_disk_room_can_be_made_also_after_a_restart(disk, clock, others_fill_it):
    queue = queue_key()
    with _opened(disk, clock) as store:
        store.records.create(queue)
        if others_fill_it:
            left = post(store, queue, *(new_message(b'"%s"' % (b"x" * 2000), ttl=3600) for _ in range(3000)))
            _take_the_rest(disk)
            left += _fill(store, queue)
        else:
            left = _fill(store, queue)
        assert len(left) > 2000
        _take_the_rest(disk)
        _check_that_room_can_be_made(store, queue, left)
    with _opened(disk, clock) as store:
        _take_the_rest(disk)
        _check_that_room_can_be_made(store, queue, left)

        store.records.purge(queue)
        store.sweep()
        assert listed(store, queue) == []
        assert post(store, queue, new_message(b"1"))  # into pages that are free inside the file

        (disk / "foreign.log").unlink()
        wait_until(lambda: len(_fill_a_little(store, queue)) == 20, what="the room that is there again")


def _fill_a_little(store, queue) -> list[str]:
    with contextlib.suppress(Unavailable):
        return post(store, queue, *(new_message(b"1") for _ in range(20)))
    return []


def test_a_start_on_a_disk_that_filled_up_meanwhile_lets_consumers_make_room(disk, clock):
    """The log was cut off by an orderly stop, and somebody else has taken its room."""
    queue = queue_key()
    with _opened(disk, clock) as store:
        store.records.create(queue)
        left = post(store, queue, *(new_message(b'"%s"' % (b"x" * 2000), ttl=3600) for _ in range(3000)))
    _take_the_rest(disk)
    assert shutil.disk_usage(disk).free == 0 or os.statvfs(disk).f_bavail == 0

    with _opened(disk, clock) as store:
        _take_the_rest(disk)
        _check_that_room_can_be_made(store, queue, left)
