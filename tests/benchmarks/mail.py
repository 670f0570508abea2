"""Measure mail: what the service hands to a local server by four connections, beside a loop that does nothing else.

Run by hand: ``python -m tests.benchmarks.mail``. Both send mails of the same size to the same server, in turns. What the service
delivers was posted before, while its notifier was stopped by a signal.
"""

# ruff: noqa: T201 - it prints: that is its purpose

import argparse
import asyncio
import contextlib
import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiosmtplib

from tests.benchmarks.receiving import Receiver
from tests.integration import mail_links
from tests.integration.process import RunningServer, running_server, wait_until
from tests.integration.rest import Service
from zaqar.notification.mail.address import envelope
from zaqar.notification.mail.letter import letter

CONNECTIONS = 4
SUBSCRIBERS = 8
_MOST_IN_POST = 100


def _speed(found: dict[str, Any], cpu_seconds: float) -> str:
    rate, cost = found["count"] / max(found["last"] - found["first"], 1e-9), cpu_seconds / found["count"] * 1e6
    return (
        f"{rate:6.0f} mails/s, {cost:4.0f} us of CPU each ({found['count']}, {found['distinct']} of them new, "
        f"{found['connections']} connections)"
    )


def _cpu_seconds(pid: int) -> float:
    """Return what a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _bare_loop(port: int, number: int) -> None:
    content = letter(envelope("mailto:a@example.com", {"from": "x@example.com"}), _text(0), name="n", created=0).content

    async def send(count: int) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for _ in range(count):
                await client.sendmail("x@example.com", ["a@example.com"], content)

    await asyncio.gather(*(send(number // CONNECTIONS) for _ in range(CONNECTIONS)))


def _text(number: int) -> bytes:
    return json.dumps(
        {"body": {"number": number}, "ttl": 3600, "Message_Type": "Notification", "queue_name": "q"}
    ).encode()


@contextlib.contextmanager
def _service(port: int) -> Iterator[tuple[RunningServer, Service]]:
    mail = {"smtp_mode": "self_local", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none"}
    mail |= {"external_confirmation_url": "https://pages.example.com", "smtp_connections": CONNECTIONS}
    settings = {"notification": mail, "signed_url": {"secret_key": "k" * 32}, "server": {"workers": 1}}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running_server(folder, settings))
        yield server, stack.enter_context(contextlib.closing(Service(server.url)))


def _subscribe(service: Service, receiver: Receiver, url: str) -> None:
    for number in range(SUBSCRIBERS):
        document = {"subscriber": f"mailto:a{number}@example.com", "options": {"from": "x@example.com"}}
        _, made = service.call("POST", "/v2/queues/q/subscriptions", document)
        assert made["subscription_id"]
        question = wait_until(lambda: found if (found := receiver.ask())["count"] else None, what="the question")
        _, values = mail_links.read(question["text"])
        mail_links.answer(url, dict(values), confirmed=True)


def _measure(server: RunningServer, service: Service, receiver: Receiver, number: int) -> None:
    (notifier,) = wait_until(server.notifier_pids, what="the notifier")
    os.kill(notifier, signal.SIGSTOP)
    for _ in range(number // SUBSCRIBERS // _MOST_IN_POST):
        service.post("q", [{"number": one} for one in range(_MOST_IN_POST)])
    receiver.ask()
    before = _cpu_seconds(notifier)
    os.kill(notifier, signal.SIGCONT)
    wanted, found = number // SUBSCRIBERS // _MOST_IN_POST * _MOST_IN_POST * SUBSCRIBERS, {"count": 0}
    while found["count"] < wanted:
        time.sleep(0.3)
        more = receiver.ask()
        first = found["first"] if found["count"] else more["first"]
        found = {
            "count": found["count"] + more["count"],
            "distinct": found.get("distinct", 0) + more["distinct"],
            "connections": max(found.get("connections", 0), more["connections"]),
            "first": first,
            "last": more["last"] or found.get("last", 0),
        }
    print(f"the service:   {_speed(found, _cpu_seconds(notifier) - before)}", flush=True)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--number", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    receiver = Receiver("mail_receiver")
    with contextlib.closing(receiver), _service(receiver.port) as (server, service):
        _subscribe(service, receiver, server.url)
        for _ in range(asked.rounds):
            receiver.ask()
            before = time.process_time()
            asyncio.run(_bare_loop(receiver.port, asked.number))
            print(f"the bare loop: {_speed(receiver.ask(), time.process_time() - before)}", flush=True)
            _measure(server, service, receiver, asked.number)


if __name__ == "__main__":
    _main()
