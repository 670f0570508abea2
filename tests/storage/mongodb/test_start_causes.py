"""Why MongoDB does not answer, as the start tells it: one line, without PyMongo's time-outs and its view of the servers."""

import contextlib
import socket

import pymongo
import pytest
from pymongo.errors import AutoReconnect, NetworkTimeout, PyMongoError, ServerSelectionTimeoutError

from tests.integration.process import free_port
from tests.storage.mongodb.opening import warnings
from zaqar.storage.mongodb.server.start import cause

TOPOLOGY = (
    "Timeout: 5.0s, Topology Description: <TopologyDescription id: 6929, topology_type: Unknown, servers: "
    "[<ServerDescription ('mongo1', 27017) server_type: Unknown, rtt: None, error=AutoReconnect('mongo1:27017: ...')>]>"
)
TIMEOUTS = "(configured timeouts: socketTimeoutMS: 10000.0ms, connectTimeoutMS: 10000.0ms)"

CAUSES = {
    f"mongo1:27017: [Errno 111] Connection refused {TIMEOUTS}, {TOPOLOGY}": "mongo1:27017: [Errno 111] Connection refused.",
    f"a:1: timed out {TIMEOUTS},b:2: [Errno 113] No route to host {TIMEOUTS}, {TOPOLOGY}": (
        "a:1: timed out,b:2: [Errno 113] No route to host."
    ),
    f"No replica set members found yet, {TOPOLOGY}": "No replica set members found yet.",
    f"a:1: timed out {TIMEOUTS}": "a:1: timed out.",
    "connection closed": "connection closed.",
    "The DNS query name does not exist: x.": "The DNS query name does not exist: x.",
    "in\nseveral\n  lines": "in several lines.",
}


@pytest.mark.parametrize("kind", [ServerSelectionTimeoutError, NetworkTimeout, AutoReconnect, PyMongoError])
@pytest.mark.parametrize("text", CAUSES)
def test_a_cause_is_one_short_sentence(kind, text):
    assert cause(kind(text)) == CAUSES[text]


def test_it_is_taken_from_what_this_pymongo_says():
    port = free_port()
    address = f"127.0.0.1:{port}"
    with (
        contextlib.closing(pymongo.MongoClient(f"mongodb://{address}", serverSelectionTimeoutMS=100)) as client,
        pytest.raises(ServerSelectionTimeoutError) as refused,
    ):
        client.admin.command("ping")
    assert "TopologyDescription" in str(refused.value)

    assert cause(refused.value) == f"{address}: [Errno 111] Connection refused."
    (line,) = warnings(f"mongodb://{address}", retry_deadline=0.3)
    assert line.endswith(f"answers 503 until it does: {address}: [Errno 111] Connection refused.")


def test_a_server_that_says_nothing_is_told_in_one_line_too():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        (line,) = warnings(f"mongodb://{address}", retry_deadline=0.3)

    assert line.count(address) == 2
    assert "Topology" not in line
    assert "configured" not in line
    assert "\n" not in line
