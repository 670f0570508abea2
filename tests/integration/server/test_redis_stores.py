"""zaqar-server on Redis: alone, and beside the embedded database."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.process import RunningServer, free_port, run_to_end, running_server, write_configuration
from tests.integration.redis_servers import HOST, redis_server
from tests.integration.rest import Service

REDIS = {"message_store": "redis", "management_store": "redis"}
PAIRS = [("redis", "redis"), ("redis", "sqlalchemy"), ("sqlalchemy", "redis")]
WITHOUT_REDIS = (
    "import sys; sys.modules['redis'] = None; from zaqar.cmd.server import main; sys.exit(main(sys.argv[1:]))"
)


def _converse(server: RunningServer) -> None:
    with contextlib.closing(Service(server.url)) as service:
        one, two = service.post("q", [1, 2])
        status, claim = service.call("POST", "/v2/queues/q/claims?limit=1", {"ttl": 60, "grace": 60})
        assert (status, [message["id"] for message in claim["messages"]]) == (201, [one])
        assert service.call("DELETE", claim["messages"][0]["href"]) == (204, None)
        assert [message["id"] for message in service.every_message("q")] == [two]
        assert [queue["name"] for queue in service.call("GET", "/v2/queues")[1]["queues"]] == ["q"]
        assert service.call("DELETE", "/v2/queues/q") == (204, None)


@pytest.mark.parametrize(("messages", "queues"), PAIRS)
def test_any_management_store_works_with_any_message_store(messages: str, queues: str, tmp_path: Path) -> None:
    with redis_server() as redis:
        settings = {
            "drivers": {"message_store": messages, "management_store": queues},
            "drivers:message_store:redis": {"uri": f"{redis.uri}/3"},
        }
        with running_server(tmp_path, settings) as server:
            _converse(server)
            first = server.log.splitlines()[0]

    assert f"redis://{HOST}:{redis.port}/3" in first
    assert ("zaqar.db" in first) == ("sqlalchemy" in (messages, queues))


def test_no_password_is_shown(tmp_path: Path) -> None:
    with redis_server(password="s3cret") as redis:
        settings = {"drivers": REDIS, "drivers:management_store:redis": {"uri": redis.uri}}
        with running_server(tmp_path, settings) as server:
            _converse(server)
            log = server.log

    assert f"messages and queues in redis://{HOST}:{redis.port};" in log
    assert "s3cret" not in log


def test_a_redis_that_is_away_stops_nothing_and_is_told(tmp_path: Path) -> None:
    group = {"uri": f"redis://{HOST}:{free_port()}", "retry_deadline": "0"}

    with running_server(tmp_path, {"drivers": REDIS, "drivers:message_store:redis": group}) as server:
        with contextlib.closing(Service(server.url)) as service:
            assert service.call("GET", "/v2/ping")[0] == 503
        log = server.log

    assert log.count("starts anyway") == 1, "both stores are one server, asked once"


def test_a_wrong_password_stops_the_start(tmp_path: Path) -> None:
    with redis_server(password="right") as redis:
        settings = {"drivers": REDIS, "drivers:message_store:redis": {"uri": f"redis://:s3cret@{HOST}:{redis.port}"}}
        ended = run_to_end(tmp_path, settings)

    assert ended.returncode == 1
    assert "refuses the log-in" in ended.stderr
    assert "s3cret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    settings = {"drivers": REDIS, "drivers:message_store:redis": {"uri": "redis://s3cret@h"}}

    ended = run_to_end(tmp_path, settings)

    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert "put a colon before it" in ended.stderr
    assert "s3cret" not in ended.stderr


@pytest.mark.parametrize("store", REDIS)
def test_where_the_client_library_is_missing_the_start_says_what_to_install(store: str, tmp_path: Path) -> None:
    settings = {"drivers": {store: "redis"}, "DEFAULT": {"state_path": tmp_path}}
    configuration = write_configuration(tmp_path / "zaqar.conf", settings)

    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_REDIS, "--config-file", str(configuration)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr == (
        f"zaqar-server: [drivers] {store} = redis needs the Python package redis, which is not installed: install the "
        "service with the extra redis, as in pip install '.[redis]'.\n"
    )
