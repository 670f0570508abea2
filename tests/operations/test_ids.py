"""Ids come as texts and are parsed here, once: a malformed one names no message, no claim and no place in a queue."""

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clock import MovableClock
from tests.conformance.acts import WELL_FORMED
from zaqar.context import Context
from zaqar.encryption import Cipher
from zaqar.errors import ClaimNotFound, ClaimNotHeld, MessageClaimed, MessageNotFound, NotFound
from zaqar.limits import Limits
from zaqar.models import PostedMessage, QueueKey
from zaqar.news import NoNews
from zaqar.operations import Operations
from zaqar.signing import Signer
from zaqar.storage.routing import SingleStore
from zaqar.storage.sql.management.store import management_store
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare

MALFORMED = (
    "",
    "x",
    "0",
    "-1",
    "-",
    "*",
    ".*",
    " " + WELL_FORMED,
    WELL_FORMED + "\n",
    WELL_FORMED + "0",
    WELL_FORMED[:-1],
    WELL_FORMED[:-1] + "g",
    WELL_FORMED.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
    "f" * 30,
    "9" * 400,
    "%00",
    "\0" * 30,
    "é" * 30,
    "' OR 1=1 --",
    "00000000-0000-0000-0000-000000000000",
)

CALLER = Context("project", str(uuid.UUID(int=1)), "req-1")

each_malformed = pytest.mark.parametrize("text", MALFORMED, ids=lambda text: repr(text[:32]))


class _Everybody:
    """Allows everything."""

    def check(self, rule: str, context: Context) -> None:
        """Do nothing."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    uri = f"sqlite:///{Path(tmp_path_factory.mktemp('ids'), 'zaqar.db')}"
    prepare(uri)
    with contextlib.closing(Database(uri, synchronous="NORMAL", clock=MovableClock())) as database:
        yield database


def _operations(database: Database, limits: Limits) -> Operations:
    return Operations.over(
        management=management_store(database),
        routing=SingleStore(message_store(database)),
        authorization=_Everybody(),
        limits=limits,
        signer=Signer([], MovableClock()),
        cipher=Cipher([]),
        settings_seconds=0,
        news=NoNews(),
        kinds={},
    )


@pytest.fixture
def operations(database):
    return _operations(database, Limits())


@pytest.fixture
def guarded(database):
    """Operations of a service where deleting by ids needs the claims."""
    return _operations(database, Limits(message_delete_with_claim_id=True))


@pytest.fixture
def queue():
    return QueueKey(CALLER.project, f"q{uuid.uuid4().hex}")


@pytest.fixture
def posted(operations, queue):
    """The ids of three messages, the first of which is claimed."""
    ids = operations.messages.post(CALLER, queue, [PostedMessage(b"%d" % number) for number in range(3)], size=3)
    operations.claims.create(CALLER, queue, ttl=None, grace=None, limit=1)
    return ids


def _left(operations, queue):
    page = operations.messages.list(CALLER, queue, echo=True, include_claimed=True, include_delayed=True)
    return [message.id for message in page]


@each_malformed
@pytest.mark.parametrize("shows_all", [True, False])
def test_a_malformed_marker_gives_an_empty_page(operations, queue, posted, text, shows_all):
    page = operations.messages.list(
        CALLER, queue, marker=text, echo=True, include_claimed=shows_all, include_delayed=shows_all
    )

    assert page == []


@each_malformed
def test_a_malformed_id_is_that_of_no_message(operations, queue, posted, text):
    with pytest.raises(MessageNotFound):
        operations.messages.get(CALLER, queue, text)
    with pytest.raises(NotFound):
        operations.messages.get_many(CALLER, queue, [text])


def test_malformed_ids_among_others_are_left_out_and_each_message_is_shown_once(operations, queue, posted):
    asked = [*MALFORMED[:10], posted[2], WELL_FORMED, posted[0], posted[2]]

    found = operations.messages.get_many(CALLER, queue, asked)

    assert [message.id for message in found] == [posted[2], posted[0]]


@each_malformed
@pytest.mark.parametrize("claim_id", [None, WELL_FORMED, *MALFORMED[:3]], ids=repr)
def test_deleting_by_a_malformed_id_is_silent(operations, queue, posted, text, claim_id):
    operations.messages.delete(CALLER, queue, text, claim_id=claim_id)

    assert _left(operations, queue) == posted


@each_malformed
def test_nothing_is_deleted_under_a_malformed_claim_id(operations, queue, posted, text):
    """Neither what is claimed nor what is not."""
    for message_id in posted:
        with pytest.raises(ClaimNotHeld):
            operations.messages.delete(CALLER, queue, message_id, claim_id=text)

    assert _left(operations, queue) == posted


def test_deleting_many_passes_over_malformed_ids_and_repeated_ones(operations, queue, posted):
    operations.messages.delete_many(CALLER, queue, [*MALFORMED[:10], posted[1], posted[1]], claim_ids=[])
    operations.messages.delete_many(CALLER, queue, MALFORMED, claim_ids=[])

    assert _left(operations, queue) == [posted[0], posted[2]]
    assert operations.queues.stats(CALLER, queue).total == 2


@each_malformed
def test_deleting_many_under_a_malformed_claim_id_deletes_nothing(guarded, queue, posted, text):
    """Storage W-M22: neither what is free nor what is claimed."""
    for message_id in posted:
        with pytest.raises(MessageClaimed):
            guarded.messages.delete_many(CALLER, queue, [message_id], claim_ids=[text])

    assert _left(guarded, queue) == posted


def test_deleting_many_passes_over_malformed_claim_ids_beside_the_right_one(guarded, queue, posted):
    held = guarded.claims.create(CALLER, queue, ttl=None, grace=None, limit=2)

    guarded.messages.delete_many(CALLER, queue, [*MALFORMED[:5], *posted[1:]], claim_ids=[*MALFORMED, held.id])

    assert _left(guarded, queue) == [posted[0]]


@each_malformed
def test_a_malformed_id_is_that_of_no_claim(operations, queue, posted, text):
    with pytest.raises(ClaimNotFound):
        operations.claims.get(CALLER, queue, text)
    with pytest.raises(ClaimNotFound):
        operations.claims.renew(CALLER, queue, text, ttl=60, grace=60)
    operations.claims.release(CALLER, queue, text)
    assert operations.queues.stats(CALLER, queue).claimed == 1


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text() | st.text("0123456789abcdef", min_size=28, max_size=32))
def test_no_text_makes_an_operation_that_takes_an_id_fail(operations, queue, text):
    with contextlib.suppress(NotFound):
        operations.messages.get(CALLER, queue, text)
    with contextlib.suppress(NotFound):
        operations.messages.get_many(CALLER, queue, [text])
    operations.messages.delete(CALLER, queue, text, claim_id=text)
    operations.messages.delete_many(CALLER, queue, [text], claim_ids=[text])
    operations.claims.release(CALLER, queue, text)
    operations.messages.list(CALLER, queue, marker=text)
