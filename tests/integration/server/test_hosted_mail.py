"""Mail by a program where notifiers are threads of a server that forks, and that is told of every child that ends."""

import contextlib
import sys

import pytest

from tests.integration import mail_links
from tests.integration.process import running_server, wait_until
from tests.integration.rest import Service
from tests.integration.server.test_hosted import COMMANDS

MAILS = 30
KEEPS = """
import os, pathlib, sys
name = pathlib.Path(sys.argv[1]) / str(os.getpid())
name.with_suffix(".part").write_bytes(sys.stdin.buffer.read())
name.with_suffix(".part").rename(name)
"""


@pytest.mark.parametrize("server", COMMANDS)
def test_every_mail_is_taken_once_and_the_status_of_the_program_is_known(tmp_path, server):
    program, kept = tmp_path / "program", tmp_path / "kept"
    program.write_text(f"#!{sys.executable}\n{KEEPS}")
    program.chmod(0o755)
    kept.mkdir()
    settings = {
        "notification": {"smtp_command": f"{program} {kept}", "external_confirmation_url": "https://pages.example.com"},
        "signed_url": {"secret_key": "k" * 32},
    }
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(
            running_server(tmp_path, settings, command=[sys.executable, "-m", *COMMANDS[server]])
        )
        service = stack.enter_context(contextlib.closing(Service(running.url)))
        _, made = service.call("POST", "/v2/queues/q/subscriptions", {"subscriber": "mailto:a@b"})
        path = f"/v2/queues/q/subscriptions/{made['subscription_id']}"

        def record():
            return service.call("GET", f"{path}/deliveries")[1]

        wait_until(lambda: record()["counts"]["delivered"] == 1, what="the question to be taken")
        (question,) = kept.glob("*[0-9]")
        _, values = mail_links.read(question.read_text())
        mail_links.answer(running.url, dict(values), confirmed=True)
        service.post("q", list(range(MAILS)))
        wait_until(lambda: record()["counts"]["delivered"] == MAILS + 1, seconds=30, what="all mails to be taken")
        last = record()

    assert (last["counts"]["failed_attempts"], last["failing"]) == (0, [])
    assert {(one["attempts"], one["reason"]) for one in last["outcomes"]} == {(1, "status 0")}
    assert len(list(kept.glob("*[0-9]"))) == MAILS + 1
