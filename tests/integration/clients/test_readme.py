"""The lines of README.rst as they stand there, the port excepted."""

import json
import re

from tests.integration.clients.pages import block


def test_the_lines_with_curl_post_list_claim_delete_and_count(run):
    output = run("sh", block("README.rst", "sh", "curl"))

    posted, listed, claimed, stats = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert len(posted["resources"]) == 2
    assert [message["body"] for message in listed["messages"]] == [{"job": 1}, {"job": 2}]
    assert [message["body"] for message in claimed["messages"]] == [{"job": 1}]
    assert "204" in output.splitlines()
    assert {name: stats["messages"][name] for name in ("free", "claimed", "total")} == {
        "free": 1,
        "claimed": 0,
        "total": 1,
    }


def test_the_lines_with_curl_print_what_the_readme_shows(run):
    output = run("sh", block("README.rst", "sh", "curl"))

    assert without_chance(output) == without_chance(block("README.rst", "sh", '{"resources"'))


def without_chance(text):
    """Return the text with ids, times and ages that differ from run to run made equal."""
    text = re.sub(r"\b[0-9a-f]{30}\b", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    return [line for line in re.sub(r'"age":\d+', '"age":0', text).splitlines() if line]


def test_the_lines_with_zaqarclient_do_a_job(run):
    output = run("python", block("README.rst", "python", "zaqarclient"))

    assert output.startswith("{'job': 3}\n")
    assert "'total': 0" in output


def test_the_lines_with_openstacksdk_list_and_claim(run):
    output = run("python", block("README.rst", "python", "openstack.message"))

    assert re.fullmatch(r"\[\{'job': 4\}\]\n\w+\n", output)
