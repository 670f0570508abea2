"""Every citation of the specification, in code, tests and the specification itself, leads to a rule or a section."""

import pytest

from tests import citations
from tests.citations import ROOT, Document, Problem

FOLDERS = {"zaqar": (".py", ".lua"), "tests": (".py",), "doc/spec": (".md",)}
EXAMPLES = "tests/test_citations.py"
DOCUMENTS = {
    "http": Document("http-api.md", frozenset(("X-1", "X-2", "X-4", "E-API", "K-5")), frozenset(("2", "2.1", "3"))),
    "storage": Document("storage.md", frozenset(("R2.9.1", "R2.9.4", "R3.1.1", "W-M5", "W-R7")), frozenset(("8.3",))),
    "clients": Document("clients.md", frozenset(("K-9",)), frozenset()),
    "notifications": Document("notifications-websocket.md", frozenset(("N-1",)), frozenset(("B8",))),
}


def _files():
    for folder, suffixes in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.relative_to(ROOT).as_posix() != EXAMPLES:
                yield path, path.relative_to(ROOT).as_posix()


def test_every_citation_leads_somewhere():
    documents = citations.specification()

    wrong = [
        f"{name}:{problem.line}: {problem.citation}: {problem.reason}"
        for path, name in _files()
        for problem in citations.problems(citations.prose(path), documents, default=citations.default_of(name))
    ]

    assert not wrong, "\n".join(wrong)


def test_code_and_tests_are_read():
    """The checker would be silent if it found nothing to check."""
    paths = {name: path for path, name in _files()}

    assert "storage R2.9.1" in citations.prose(paths["zaqar/storage/redis/scripts/messages/delete.lua"])
    assert "http M-6" in citations.prose(paths["zaqar/operations/messages.py"])
    assert "X-43" in citations.prose(paths["tests/api/test_parameters.py"])
    assert "**X-43**" in citations.prose(paths["doc/spec/http-api.md"])


@pytest.mark.parametrize(
    "text",
    [
        "(http X-1, X-4)",
        "http section 2.1",
        "http sections 2 and 3, and more",
        "http section 2.1, 2",
        "storage W-M5, W-R7",
        "storage 8.3",
        "Storage R2.9.1.",
        "http X-1 to X-4",
        "http X-1 to\n    X-4",
        "storage R2.9.1 to R2.9.4",
        "compat: http K-5: kept",
        "compat: clients K-9",
        "http K-5, clients K-9",
        "by PATCH http E-API",
        "`http X-1`, `X-2`",
        "notifications N-1, notifications B8",
        "http://127.0.0.1:8888 and UTF-8, SHA-256, AES-256, HTTP/1.1, X-Project-ID, RFC 9110, section 8.3.1",
    ],
)
def test_what_leads_somewhere(text):
    assert list(citations.problems(text, DOCUMENTS)) == []


@pytest.mark.parametrize(
    ("text", "citation", "reason"),
    [
        ("(http X-3)", "http X-3", "http-api.md has no X-3"),
        ("http X-1, X-9", "http X-1, X-9", "http-api.md has no X-9"),
        ("http X-1\nand X-9", "http X-1 and X-9", "http-api.md has no X-9"),
        ("clients K-5", "clients K-5", "clients.md has no K-5"),
        ("storage X-1", "storage X-1", "storage.md has no X-1"),
        ("http section 2.2", "http section 2.2", "http-api.md has no section 2.2"),
        ("http sections 2 and 4", "http sections 2 and 4", "http-api.md has no section 4"),
        ("storage 8.4", "storage 8.4", "storage.md has no section 8.4"),
        ("http X-1 to X-5", "http X-1 to X-5", "http-api.md has no X-5"),
        ("http X-4 to X-1", "http X-4 to X-1", "X-4 to X-1 is no range"),
        ("http X-1 to K-5", "http X-1 to K-5", "X-1 and K-5 are of two series"),
        ("storage R2.9.4 to R2.9.1", "storage R2.9.4 to R2.9.1", "R2.9.4 to R2.9.1 is no range"),
        ("http E-NONE", "http E-NONE", "http-api.md has no E-NONE"),
        ("as X-1 has it", "X-1", "it names no document"),
        ("websocket N-1", "N-1", "it names no document"),
        ("design decision 3", "design decision 3", "there is no document design"),
        ("notifications B9", "notifications B9", "notifications-websocket.md has no section B9"),
    ],
)
def test_what_leads_nowhere(text, citation, reason):
    assert list(citations.problems(f"\n\n{text}", DOCUMENTS)) == [Problem(3, citation, reason)]


def test_a_rule_alone_is_of_the_default_document():
    text = "X-1, X-3, clients K-9, clients K-5"

    assert [problem.reason for problem in citations.problems(text, DOCUMENTS, default="http")] == [
        "http-api.md has no X-3",
        "clients.md has no K-5",
    ]
    assert citations.default_of("tests/api/test_queues.py") == "http"
    assert citations.default_of("tests/storage/redis/test_cost.py") == "storage"
    assert citations.default_of("zaqar/models.py") is None


def test_rules_and_sections_are_found_as_the_documents_write_them(tmp_path):
    path = tmp_path / "some.md"
    path.write_text(
        "# Title\n\n## 2. Rules\n\n### 2.1 More\n\n## A. Part\n\n#### A4.1 Deep\n\n* **X-1** one, see X-9\n* **X-2 (twice)** two\n"
        "\n**R2.9.1** a table:\n\n| Id | What |\n|---|---|\n| W-M5 | five |\n| **W-21** | cell |\n| `E-API` | 400 | X-8 |\n"
    )

    document = Document.read(path)

    assert document.rules == {"X-1", "X-2", "R2.9.1", "W-M5", "W-21", "E-API"}
    assert document.sections == {"2", "2.1", "A", "A4.1"}


def test_a_number_stands_once_in_a_document(tmp_path):
    path = tmp_path / "some.md"
    path.write_text("* **X-1** one\n* **X-1** another\n")

    with pytest.raises(ValueError, match="X-1 more than once"):
        Document.read(path)


def test_only_comments_and_docstrings_cite(tmp_path):
    path = tmp_path / "some.py"
    path.write_text(
        '"""http X-1."""\n\nNAME = "http X-2"  # http X-3\n\n\ndef f():\n    """http X-4\n    and X-5."""\n'
    )

    assert citations.prose(path).split() == ['"""http', 'X-1."""', "http", "X-3", '"""http', "X-4", "and", 'X-5."""']
    assert citations.prose(path).count("\n") == path.read_text().rstrip("\n").count("\n")

    script = tmp_path / "some.lua"
    script.write_text("-- http X-1\nlocal a = 1 -- http X-2\nlocal b = 'X-3'\n")

    assert citations.prose(script).split() == ["http", "X-1", "http", "X-2"]
