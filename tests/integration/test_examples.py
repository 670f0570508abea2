import contextlib
import http.server
import json
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.example_stage import DONE, EXAMPLES, POSTED, Program, Stage
from tests.integration.mongo_servers import missing_mongo, named_or_own_mongo
from tests.integration.process import RunningServer, running_server, wait_until
from tests.integration.redis_servers import missing_redis, named_or_own_redis
from tests.needs import require


@pytest.fixture(scope="module", params=["sqlite", "redis", "mongodb"])
def server(request, shared, tmp_path_factory) -> Iterator[RunningServer]:
    settings: dict[str, dict[str, object]] = {"server": {"workers": 2}, "signed_url": {"secret_key": "k" * 32}}
    if request.param == "redis":
        require("Redis", missing_redis())
        settings["drivers"] = {"message_store": "redis", "management_store": "redis"}
        settings["drivers:message_store:redis"] = {"uri": shared(named_or_own_redis)}
    if request.param == "mongodb":
        require("MongoDB", missing_mongo())
        settings["drivers"] = {"message_store": "mongodb", "management_store": "mongodb"}
        settings["drivers:message_store:mongodb"] = {"uri": shared(named_or_own_mongo), "database": "examples"}
    with running_server(tmp_path_factory.mktemp("server"), settings) as server:
        yield server


@pytest.fixture
def stage(server, tmp_path) -> Iterator[Stage]:
    with contextlib.closing(Stage(server, tmp_path)) as stage:
        yield stage


def test_the_producer_posts_every_job_once(stage):
    jobs = stage.produce(12, "--batch", "5")

    assert [message["body"]["id"] for message in stage.service.every_message(stage.queue)] == jobs
    assert len(set(jobs)) == 12


def test_two_workers_at_once_do_every_job_and_leave_none(stage):
    jobs = stage.produce(30)

    workers = [stage.start("worker.py", "--seconds", "0.01", "--until-empty") for _ in range(2)]

    assert [worker.process.wait(timeout=30) for worker in workers] == [0, 0]
    # Nobody was killed and no claim ended, so here each job is even done exactly once.
    assert Counter(workers[0].find(DONE) + workers[1].find(DONE)) == Counter(jobs)
    stage.counts({"free": 0, "claimed": 0, "total": 0})


def test_a_worker_killed_in_the_middle_loses_no_job(stage):
    jobs = stage.produce(8)
    killed = stage.start("worker.py", "--limit", "8", "--seconds", "0.2")
    killed.prints(DONE, times=2)

    killed.stop(signal.SIGKILL)

    end_claims(stage)
    second = stage.run("worker.py", "--seconds", "0", "--until-empty")
    assert {*killed.find(DONE), *second.find(DONE)} == set(jobs)
    stage.counts({"free": 0, "claimed": 0, "total": 0})


def end_claims(stage: Stage) -> None:
    """Do to the claims of the dead what their ttl, a minute at least, would do."""
    claims = {message["href"].partition("?claim_id=")[2] for message in stage.service.every_message(stage.queue)}
    assert claims - {""}, "the killed worker held a claim"
    for claim in claims - {""}:
        status, _ = stage.service.call("DELETE", f"/v2/queues/{stage.queue}/claims/{claim}")
        assert status == 204


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_hands_back_what_it_has_not_done(stage, number):
    jobs = stage.produce(6)
    worker = stage.start("worker.py", "--limit", "6", "--seconds", "0.2")
    worker.prints(DONE)

    assert worker.stop(number) == 0

    assert "Traceback" not in worker.text
    left = len(jobs) - len(worker.find(DONE))
    assert left > 0
    stage.counts({"free": left, "claimed": 0, "total": left})


def test_a_job_that_fails_does_not_take_its_neighbours_along(stage):
    good = stage.produce(4)
    stage.service.post(stage.queue, [{"id": "poison", "number": 4, "fail": "cannot be done"}])

    worker = stage.run("worker.py", "--limit", "5", "--seconds", "0", "--until-empty")

    assert Counter(worker.find(DONE)) == Counter(good)
    assert len(worker.find("^failed: message .*cannot be done")) == 3
    assert put_aside(stage) == [{"id": "poison", "number": 4, "fail": "cannot be done"}]
    stage.counts({"free": 0, "claimed": 0, "total": 0})


def test_a_worker_reports_bodies_it_does_not_know_and_goes_on(stage):
    strangers = [{"job": 1}, "text", None, [1], {"id": "x"}]
    good = stage.produce(2)
    stage.service.post(stage.queue, strangers)

    worker = stage.run("worker.py", "--limit", "10", "--seconds", "0", "--until-empty")

    assert "Traceback" not in worker.text
    assert worker.find(DONE) == good
    assert put_aside(stage) == strangers


def put_aside(stage: Stage) -> list[object]:
    return [message["body"] for message in stage.service.every_message(f"{stage.queue}-dead-letters")]


def test_a_queue_that_was_there_keeps_the_dead_letter_rule_of_its_owner(stage):
    status, _ = stage.service.call("PUT", f"/v2/queues/{stage.queue}", {"_max_claim_count": 7})
    assert status == 201

    stage.produce(1)

    _, metadata = stage.service.call("GET", f"/v2/queues/{stage.queue}")
    assert metadata["_max_claim_count"] == 7
    assert metadata["_dead_letter_queue"] is None


def test_every_example_has_a_queue_of_its_own_beside_those_of_the_readme(stage):
    without = {"client.py", "webhook.py"}
    for name in sorted({program.name for program in EXAMPLES.glob("*.py")} - without):
        words = [sys.executable, str(EXAMPLES / name), "--help"]
        said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout
        assert "(default: example-" in said, name


def test_a_worker_renews_its_claim_while_it_works(stage):
    stage.produce(1)
    # A claim lasts a minute or more; only its renewal, each third of that, can be seen to have begun it anew.
    worker = stage.start("worker.py", "--seconds", "600", "--renew", "0.1")

    worker.prints("^renewed the claim", times=2)

    stage.counts({"free": 0, "claimed": 1, "total": 1})


def test_a_worker_whose_claim_has_ended_leaves_the_jobs_to_others(stage):
    stage.produce(2)
    worker = stage.start("worker.py", "--seconds", "0.5", "--until-empty")
    worker.prints("^doing job 0")

    end_claims(stage)

    worker.prints("^the claim has ended")
    assert worker.process.wait(timeout=20) == 0
    stage.counts({"free": 0, "claimed": 0, "total": 0})


def test_an_observer_killed_and_started_again_sees_every_message_of_many_producers(stage):
    stage.service.post(stage.queue, [{"id": "claimed"}])
    status, _ = stage.service.call("POST", f"/v2/queues/{stage.queue}/claims")
    assert status == 201
    producers = [
        stage.start("producer.py", "--count", "40", "--batch", "2"),
        stage.start("producer.py", "--count", "40", "--batch", "3"),
        stage.start("producer.py", "--count", "10", "--delay", "600"),
    ]

    first = stage.start("observer.py", "--marker-file", "marker")
    first.prints('"number"')
    first.stop(signal.SIGKILL)
    second = stage.start("observer.py", "--marker-file", "marker")
    assert [producer.process.wait(timeout=30) for producer in producers] == [0, 0, 0]

    jobs = [job for producer in producers for job in producer.find(POSTED)]
    assert len(jobs) == 90
    stage.service.post(stage.queue, [{"id": "last"}])
    second.prints('"id": "last"')
    wait_until(lambda: set(seen(first) + seen(second)) == {"claimed", "last", *jobs}, what="every message seen")
    assert len(seen(second)) == len(set(seen(second)))
    assert second.stop() == 0


def seen(observer: Program) -> list[str]:
    return observer.find(r'"id": "([^"]+)"')


def test_an_observer_takes_nothing_away(stage):
    stage.produce(3)

    stage.start("observer.py").prints('"number"', times=3)

    stage.counts({"free": 3, "claimed": 0, "total": 3})


def signed(stage: Stage, method: str) -> Path:
    """Return a file for curl whose holder may use the one method."""
    path = stage.folder / f"{method}.curl"
    path.write_text(stage.run("share.py", "--methods", method).text)
    return path


def holder(program: str, *words: object, said: str = "") -> subprocess.CompletedProcess[str]:
    line = ["sh", str(EXAMPLES / program), *map(str, words)]
    return subprocess.run(line, input=said, capture_output=True, text=True, check=False, timeout=30)


def test_one_holder_of_a_signed_url_writes_and_another_reads(stage):
    reader, writer = signed(stage, "GET"), signed(stage, "POST")

    posted = holder("signed_writer.sh", writer, said='{"temperature": 21.5}\n"two words"')
    first = json.loads(holder("signed_reader.sh", reader).stdout)
    (link,) = first["links"]
    second = json.loads(holder("signed_reader.sh", reader, re.findall("marker=([^&]+)", link["href"])[0]).stdout)

    assert posted.returncode == 0, posted.stderr
    assert len(re.findall('"resources"', posted.stdout)) == 2
    assert [message["body"] for message in first["messages"]] == [{"temperature": 21.5}, "two words"]
    assert second["messages"] == []


def test_neither_holder_of_a_signed_url_can_do_what_the_other_does(stage):
    reader, writer = signed(stage, "GET"), signed(stage, "POST")

    refusals = [holder("signed_writer.sh", reader, said="1\n"), holder("signed_reader.sh", writer)]

    for refusal in refusals:
        assert refusal.returncode != 0
        assert "404" in refusal.stderr
    stage.counts({"free": 0, "claimed": 0, "total": 0})


def test_calls_are_answered_to_those_who_made_them(stage):
    stage.start("rpc_server.py")
    stage.start("rpc_server.py")

    sums = {number: stage.start("rpc_client.py", "add", str(number), "1") for number in range(4)}
    word = stage.start("rpc_client.py", "upper", "hello")

    for number, client in sums.items():
        assert client.process.wait(timeout=30) == 0, client.text
        assert client.text == f"{number + 1}\n"
    assert word.process.wait(timeout=30) == 0
    assert word.text == '"HELLO"\n'


def test_a_call_that_cannot_be_answered_tells_its_caller_why(stage):
    stage.start("rpc_server.py")

    client = stage.start("rpc_client.py", "divide", "1", "0")

    assert client.process.wait(timeout=30) == 1
    assert "KeyError" in client.text
    wait_until(lambda: stage.service.stats(stage.queue)["total"] == 0, what="the request deleted")


def test_a_server_reports_what_is_no_request_and_answers_the_others(stage):
    strangers = [{"job": 1}, "text", {"id": 1, "reply_to": "no name!", "function": "add", "arguments": [1]}]
    stage.start("rpc_client.py", "--timeout", "0", "add", "1").process.wait(timeout=30)
    stage.service.post(stage.queue, strangers)
    server = stage.start("rpc_server.py")

    client = stage.run("rpc_client.py", "add", "1", "2")

    assert client.text == "3\n"
    server.prints("^failed: message", times=9)
    wait_until(lambda: put_aside(stage) == strangers, what="the strangers put aside")
    assert server.process.poll() is None


def test_a_caller_removes_its_reply_queue_and_gives_up_in_time(stage):
    client = stage.start("rpc_client.py", "--timeout", "0.3", "add", "1")

    assert client.process.wait(timeout=30) == 1

    assert "no reply" in client.text
    _, answer = stage.service.call("GET", "/v2/queues")
    assert [queue["name"] for queue in answer["queues"]] == [stage.queue]


class OnceUnavailable(http.server.BaseHTTPRequestHandler):
    """Makes the queue, then answers the first post with 503 and those after it with 201."""

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.end_headers()

    def do_POST(self):
        status, document = next(self.server.answers)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(document)

    def log_message(self, *words):
        """Keep the output of the tests clean."""


def test_programs_wait_and_try_again_when_the_service_answers_503(stage):
    with http.server.HTTPServer(("127.0.0.1", 0), OnceUnavailable) as busy:
        busy.answers = iter([(503, b"{}"), (201, b'{"resources": ["/v2/queues/things/messages/1"]}')])
        thread = threading.Thread(target=busy.serve_forever)
        thread.start()
        producer = stage.start("producer.py", "--count", "1", "--url", f"http://127.0.0.1:{busy.server_port}")
        try:
            assert producer.process.wait(timeout=20) == 0
        finally:
            busy.shutdown()
            thread.join()

    assert "503" in producer.text
    assert len(producer.find(POSTED)) == 1


def test_programs_wait_for_a_service_that_is_away(stage):
    client = stage.start("producer.py", "--count", "1", "--url", "http://127.0.0.1:1")

    client.prints("^waiting for http://127.0.0.1:1")

    assert client.stop() == 0
    assert client.text.endswith("stopped\n")


def test_three_queues_have_each_message_of_a_topic_whether_their_workers_live_or_not(stage):
    program = stage.run("fan_out.py", "--count", "30")

    assert program.find(r"^(\w+): done (\d+) orders$") == [("billing", "30"), ("shipping", "30")]
    left = [message["body"] for message in stage.service.every_message(f"{stage.queue}-audit")]
    assert sorted(body["number"] for body in left) == list(range(30))
    for name in ("billing", "shipping"):
        assert stage.service.every_message(f"{stage.queue}-{name}") == []


def test_the_worker_that_was_dead_finds_all_that_waited_for_it(stage):
    program = stage.run("fan_out.py", "--count", "5", "--revive")

    assert program.find(r"^audit: .*$") == ["audit: 5 orders wait for a worker", "audit: done 5 orders, late"]


def test_a_booking_is_answered_at_once_and_done_by_workers_of_which_one_fails_at_first(stage):
    program = stage.run("booking.py", "--guest", "Ada")

    for task in ("mail", "update", "notice", "voucher"):
        assert program.find(f"^{task}: done for Ada$"), program.text
    assert len(program.find("^voucher: failed: the printer is out of paper")) == 3
    assert program.find("^voucher: put aside after 3 attempts: max_claim_count")
    assert program.find("^voucher: redriven: 1")
    ((answered, done),) = program.find(r"^answered in (\d+) ms, everything done in ([\d.]+) s$")
    assert float(answered) / 1000 < float(done)
    assert put_aside_of(stage, "voucher") == []


def put_aside_of(stage: Stage, task: str) -> list[object]:
    return stage.service.every_message(f"{stage.queue}-{task}-dead-letters")
