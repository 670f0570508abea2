"""What is told once for every transport says no word of one."""

import ast
import inspect
from pathlib import Path

import pytest

from tests.api import CONVERSATIONS, outcomes
from tests.api.client import Client
from tests.api.http_answer import Answer
from tests.api.http_client import HttpClient


def _public(*kinds):
    names = {name for kind in kinds for name in (*dir(kind), *inspect.get_annotations(kind))}
    return {name for name in names if not name.startswith("_")}


OUTCOMES = [kind for kind in vars(outcomes).values() if isinstance(kind, type)]
WORDS_OF_HTTP = _public(HttpClient, Answer) - _public(Client, *OUTCOMES)


def test_the_words_of_http_are_known():
    assert {"ask", "request", "send", "status", "headers", "location", "data"} <= WORDS_OF_HTTP
    assert not {"post", "claim", "ids", "bodies", "error", "project"} & WORDS_OF_HTTP


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_has_no_word_of_http(name):
    tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text())
    nodes = list(ast.walk(tree))

    looked_at = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}

    assert not looked_at & WORDS_OF_HTTP
    assert not [module for module in imported if module.startswith("tests.api.http")]


def test_a_refusal_has_nothing_else_to_show(client):
    refused = client.claim("q", limit=0)

    assert not refused.is_done
    with pytest.raises(AssertionError, match=r"no claim_id, but Invalid: .*limit"):
        _ = refused.claim_id
