"""The lines of README.rst as they stand there, the port excepted."""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.integration.process import running_server

README = Path(__file__).parents[3] / "README.rst"


def block(language, words):
    """Return the one code block in that language that contains the words."""
    blocks = re.findall(rf"^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)", README.read_text(), re.MULTILINE)
    (found,) = [textwrap.dedent(block) for block in blocks if words in block]
    return found


@pytest.fixture
def run(tmp_path):
    """Run a block of README.rst with a program against a server of its own, and return what it prints."""
    # A refused request ends the script: without this, curl takes an error answer for success.
    (tmp_path / ".curlrc").write_text("fail\n")
    with running_server(tmp_path, {"server": {"workers": 2}}) as server:

        def run(program, text):
            done = subprocess.run(
                [*program, text.replace("127.0.0.1:8888", f"127.0.0.1:{server.port}")],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                env={**os.environ, "CURL_HOME": str(tmp_path), "HOME": str(tmp_path)},
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        yield run


def test_the_lines_with_curl_post_list_claim_delete_and_count(run):
    output = run(["bash", "-e", "-o", "pipefail", "-c"], block("sh", "curl"))

    posted, listed, claimed, stats = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert len(posted["resources"]) == 2
    assert [message["body"] for message in listed["messages"]] == [{"job": 1}, {"job": 2}]
    assert [message["body"] for message in claimed["messages"]] == [{"job": 1}]
    assert "HTTP/1.1 204" in output
    assert {name: stats["messages"][name] for name in ("free", "claimed", "total")} == {
        "free": 1,
        "claimed": 0,
        "total": 1,
    }


def test_the_lines_with_zaqarclient_do_a_job(run):
    output = run([sys.executable, "-c"], block("python", "zaqarclient"))

    assert output.startswith("{'job': 3}\n")
    assert "'total': 0" in output


def test_the_lines_with_openstacksdk_list_and_claim(run):
    output = run([sys.executable, "-c"], block("python", "openstack.message"))

    assert re.fullmatch(r"\[\{'job': 4\}\]\n\w+\n", output)
