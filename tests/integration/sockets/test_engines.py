"""Every row of the table, under every engine."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.process import RunningServer, running_server
from tests.integration.sockets import framing, processes, refusals, requests, stalls, table

for rows in (framing, processes, refusals, requests, stalls):  # importing them fills the table
    assert rows

Shared = Callable[[str], RunningServer]


def settings(engine: str, *, workers: int) -> dict[str, dict[str, object]]:
    options = {"engine": engine, "workers": workers, "threads": table.THREADS, "client_timeout": table.CLIENT_TIMEOUT}
    return {"server": options, "transport": {"max_messages_per_page": 300}}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Start each engine once, with one worker, for the rows that leave it as they found it."""
    started: dict[str, RunningServer] = {}
    with contextlib.ExitStack() as servers:

        def server(engine: str) -> RunningServer:
            if engine not in started:
                folder = tmp_path_factory.mktemp(engine)
                started[engine] = servers.enter_context(running_server(folder, settings(engine, workers=1)))
            return started[engine]

        yield server


@pytest.mark.parametrize("engine", table.ENGINES)
@pytest.mark.parametrize("row", table.ROWS, ids=lambda row: row.name)
def test_the_outcome_is_the_one_in_the_table(row: table.Row, engine: str, shared: Shared, tmp_path: Path) -> None:
    if row.disturbs:
        with running_server(tmp_path, settings(engine, workers=processes.WORKERS)) as server:
            outcome = row.conversation(server)
    else:
        outcome = row.conversation(shared(engine))

    assert outcome in row.outcomes[engine].split(" or "), (
        f"the server says:\n{server.log if row.disturbs else shared(engine).log}"
    )


def test_where_the_engines_differ_the_table_says_why() -> None:
    unexplained = [row.name for row in table.ROWS if len(set(row.outcomes.values())) > 1 and not row.because]

    assert unexplained == []
