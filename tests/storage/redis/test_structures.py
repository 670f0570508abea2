"""After any sequence of operations the structures of a queue agree. W-R1, W-R2, W-R10, W-R15, W-R16.

The operations, and the model that tells what each must show, are those of ``tests/conformance/test_model.py``.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from tests.builders import new_token, numbered_messages
from tests.conformance.test_model import QueueMachine
from tests.storage.redis.opening import message_store
from tests.storage.redis.structures import Structures

STRUCTURE_SETTINGS = settings(
    max_examples=60,
    stateful_step_count=50,
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=list(HealthCheck),
)


def test_the_structures_of_a_queue_agree_after_any_sequence(server, store, clock, client):
    """W-R1, W-R2, W-R10, W-R15, W-R16."""
    other = message_store(server.uri, clock=clock)

    class Machine(QueueMachine):
        """Looks at both queues after each step."""

        @invariant()
        def structures_agree(self):
            for queue in (self.queue, self.dead_queue):
                Structures(client, queue).check()

        @rule(drops=st.booleans())
        def empty(self, drops):
            """Purge, or delete and create, and forget: nothing but the record may be left."""
            if drops:
                self.store.records.delete(self.queue)
                assert Structures(client, self.queue).lasting == set()
                self.store.records.create(self.queue)
            else:
                self.store.records.purge(self.queue)
            found = Structures(client, self.queue)
            assert found.lasting == {found.record}
            self.model.forget(self.model.messages)

        def teardown(self):
            self.clock.move(10_000)
            self.sweep()
            for queue in (self.queue, self.dead_queue):
                found = Structures(client, queue)
                assert found.lasting == {found.record}
            super().teardown()
            client.flushdb()

    try:
        run_state_machine_as_test(lambda: Machine([store, other], clock), settings=STRUCTURE_SETTINGS)
    finally:
        other.close()


def test_a_repeated_post_changes_no_structure(store, queue, client):
    """W-R17: what a retry posts again is known by its token, in every structure."""
    token = new_token()
    messages = [*numbered_messages(3), *numbered_messages(2, delay=60)]
    first = store.messages.post(queue, messages, client_id="c", token=token)
    before = vars(Structures(client, queue))

    assert store.messages.post(queue, messages, client_id="c", token=token) == first

    assert {**vars(Structures(client, queue)), "lifetimes": None} == {**before, "lifetimes": None}
