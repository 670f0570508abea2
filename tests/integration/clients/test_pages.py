"""The pages of doc/ that tell users what to type: every block works, in the order of the page."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.integration.clients.pages import EXAMPLES, block, blocks, commands
from tests.integration.process import running_server, wait_until
from tests.integration.rest import Service

NAMES = block("doc/use.rst", "sh", "U=http")


def test_the_commands_of_the_page_use_are_all_accepted(run):
    text = commands("doc/use.rst")
    assert text.count("curl") == 5

    output = run("sh", NAMES + text)

    assert "HTTP/1.1 201" in output
    assert '"owner":' in output


LETTERS = [text for text in blocks("doc/dead-letters.rst", "sh") if "curl" in text]
"""To put messages aside, to look at one, and to bring them back."""

WHEN_IT_MOVES = """
curl $J $U/queues/mail-dead-letters/redrive -d '{"dry_run": true}'
until curl $J $U/queues/mail-dead-letters/redrive | grep done; do sleep 0.1; done
"""
"""Waits for whatever takes the steps of redrives to be there: the page gives it two seconds."""


def _documents(output):
    """Return what was answered, one document behind the other, with or without headers."""
    found, decoder = [], json.JSONDecoder()
    while (start := output.find("{")) >= 0:
        document, end = decoder.raw_decode(output[start:])
        found.append(document)
        output = output[start + end :]
    return found


def _put_aside(run):
    """Do what the page says until there are two dead letters; return what the last command shows."""
    output = run("sh", NAMES + "".join(LETTERS[:2]))
    assert "HTTP/1.1 204" in output
    return json.loads(output.splitlines()[-1])


def test_the_commands_on_dead_letters_put_both_messages_aside(run):
    listed = _put_aside(run)

    assert [message["body"] for message in listed["messages"]] == [{"to": "nobody"}, {"to": "ann@example.org"}]
    assert {message["ttl"] for message in listed["messages"]} == {1209600}


def test_a_dead_letter_has_the_members_that_the_page_shows_and_no_others(run):
    (found, _) = _put_aside(run)["messages"]

    (shown,) = [json.loads(block) for block in blocks("doc/dead-letters.rst", "sh") if block.startswith('{"id"')]
    assert found.keys() == shown.keys()
    assert re.fullmatch(r"[0-9a-f]+", shown["id"])
    assert len(found["id"]) == len(shown["id"])


def test_dead_letters_go_back_into_work_as_the_page_says(run):
    _put_aside(run)
    _, _, look, dry_run, redrive, cancel = LETTERS

    run("sh", NAMES + WHEN_IT_MOVES)
    details = json.loads(run("sh", NAMES + look))
    counted = run("sh", NAMES + dry_run)
    told = run("sh", NAMES + redrive + cancel)
    moved, listed = _documents(told)

    page = blocks("doc/dead-letters.rst", "json")
    assert details.keys() == json.loads(page[0]).keys()
    assert "HTTP/1.1 202" in counted
    (shown,) = [json.loads(text) for text in blocks("doc/dead-letters.rst", "sh") if text.startswith('{"redrives"')]
    assert _documents(counted)[-1]["redrives"][0].keys() == shown["redrives"][0].keys()
    assert moved["moved"] == 2
    assert [message["body"]["to"] for message in listed["messages"]] == ["nobody", "ann@example.org"]
    assert "HTTP/1.1 204" in told


def test_bytes_come_back_as_the_page_on_bodies_says(run):
    (program,) = blocks("doc/bodies.rst", "python")

    run("python", program)


def test_a_signed_url_is_made_and_used_as_the_page_says(run):
    make, use = [text for text in blocks("doc/signed-urls.rst", "sh") if "curl" in text]
    (shown,) = [json.loads(text) for text in blocks("doc/signed-urls.rst", "json")]

    made = json.loads(run("sh", NAMES + make))
    found = json.loads(run("sh", f"{NAMES}SIGNATURE={made['signature']}\n{use}"))

    assert found["messages"] == []
    assert {**made, "signature": ""} == {**shown, "signature": ""}


@pytest.mark.parametrize("count", [1, 12])
def test_the_waiting_worker_takes_what_comes(tmp_path, monkeypatch, count):
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES))
    (program,) = blocks("doc/waiting.rst", "python")
    with running_server(tmp_path) as server:
        text = program.replace("127.0.0.1:8888", f"127.0.0.1:{server.port}")
        with (
            (tmp_path / "worker.txt").open("w") as output,
            subprocess.Popen([sys.executable, "-c", text], stdout=output) as worker,
        ):
            service = Service(server.url)
            service.post("parcels", list(range(count)))
            wait_until(lambda: (tmp_path / "worker.txt").read_text().count("working on") == count, what="the work done")
            worker.kill()
            service.close()


def test_the_commands_of_the_page_on_subscriptions_are_all_accepted(run):
    page = "doc/subscriptions.rst"
    subscribe, *others = [text for text in blocks(page, "sh") if "curl" in text]
    made = json.loads(run("sh", NAMES + subscribe))["subscription_id"]

    secret, record, retried, *subscribed = (run("sh", f"{NAMES}ID={made}\n{text}") for text in others)

    shown = next(json.loads(text) for text in blocks(page, "json") if "attempted_until" in text)
    assert json.loads(secret).keys() == {"secret"}
    assert json.loads(record).keys() == shown.keys()
    assert json.loads(record)["counts"].keys() == shown["counts"].keys()
    assert retried == ""
    assert [output.count('"subscription_id"') for output in subscribed] == [1, 2]


def test_a_webhook_is_verified_as_the_page_on_subscriptions_says():
    program = block("doc/subscriptions.rst", "python", "whsec_")
    (secret,) = set(re.findall(r"whsec_[\w+/=]+", program))
    names: dict[str, Any] = {}
    exec(program, names)
    signed = Webhook(secret)
    now = datetime.now(UTC)
    headers = {"webhook-id": "m", "webhook-timestamp": str(int(now.timestamp()))}

    names["received"]({**headers, "webhook-signature": signed.sign("m", now, "{}")}, "{}")

    with pytest.raises(WebhookVerificationError):
        names["received"]({**headers, "webhook-signature": signed.sign("m", now, "{}")}, "[]")
