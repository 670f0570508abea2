"""Every key is named once, in ``key_lists.py``: nothing else spells one, and no script counts where in ``KEYS`` it stands."""

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.builders import queue_key
from tests.storage.redis.scripts import FOLDER, SCRIPTS
from zaqar.storage.redis import keys
from zaqar.storage.redis.key_lists import (
    AgendaKeys,
    DirectoryKeys,
    OutboxKeys,
    PostingKeys,
    QueueKeys,
    RedeliveryKeys,
    SourceKeys,
)

LISTS = (QueueKeys, OutboxKeys, PostingKeys, RedeliveryKeys, AgendaKeys, SourceKeys, DirectoryKeys)
WORDS = {word for names in LISTS for word in names._fields}
FILES = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.lua"))
PROGRAM = sorted(set(FOLDER.parent.rglob("*.py")) - {Path(keys.__file__)})
LOOPED_OVER = {"key", "source"}
"""Variables of scripts that stand for several of its keys in turn."""

QUEUE = queue_key()


def _every_key():
    return [
        *keys.keys_of(QUEUE),
        *keys.outbox_keys_of(QUEUE),
        *keys.posting_keys_of(QUEUE, "abc"),
        *keys.redelivery_keys_of(QUEUE, "abc"),
        *keys.agenda_keys_of(0),
        *keys.source_keys_of(0),
        *keys.directory_of("p", "queue"),
    ]


def _code(name):
    """Return the text of a file of Lua without its comments."""
    return re.sub(r"--.*", "", (FOLDER / f"{name}.lua").read_text())


def _declared(code):
    """Return what a piece of Lua gives names to: variables, functions and their parameters."""
    found = re.findall(
        r"\blocal function \w+\(([^)]*)\)|\blocal (?!function)([\w, ]+)|\bfor ([\w, ]+?) (?:in\b|=)", code
    )
    return set(re.findall(r"\w+", " ".join(word for words in found for word in words)))


def test_the_names_in_the_database_are_those_that_earlier_releases_know():
    queue, tag = queue_key(project="p", name="n"), b"zaqar:{q:p/n}"
    topic = queue_key(project="p", name="n", kind="topic")

    assert keys.keys_of(queue) == (
        tag,
        tag + b":messages",
        tag + b":ready",
        tag + b":expiry",
        tag + b":delayed",
        tag + b":due",
        tag + b":claimed",
        tag + b":states",
        tag + b":claims",
        tag + b":holdings",
        tag + b":remaining",
        tag + b":leaving",
        tag + b":resume",
    )
    assert keys.keys_of(topic).ready == b"zaqar:{t:p/n}:ready"
    assert keys.outbox_keys_of(queue) == (
        tag,
        tag + b":resume",
        tag + b":subscribers",
        tag + b":subscriptions",
        tag + b":order",
        tag + b":endings",
        tag + b":progress",
        tag + b":needed",
        tag + b":behind",
        tag + b":wakes",
        tag + b":hurried",
        tag + b":taken",
        tag + b":holders",
        tag + b":notices",
        tag + b":pending",
    )
    assert keys.posting_keys_of(queue, "abc") == (
        *keys.keys_of(queue)[:6],
        *keys.outbox_keys_of(queue)[-2:],
        tag + b":posted:abc",
    )
    assert keys.agenda_keys_of(3) == (b"zaqar:{agenda:3}", b"zaqar:{agenda:3}:visited")
    assert keys.source_keys_of(3) == (b"zaqar:{agenda:3}:sources", b"zaqar:{agenda:3}:redriven")
    assert keys.directory_of("p", "queue") == (b"zaqar:{directory:q:p}:names", b"zaqar:{directory:q:p}:metadata")
    assert keys.directory_of("p", "topic") == (b"zaqar:{directory:t:p}:names", b"zaqar:{directory:t:p}:metadata")
    assert (keys.TURN, keys.SEARCH_TURN) == ("zaqar:sweep", "zaqar:sweep:search")
    assert keys.OUTBOXES_TURN == "zaqar:outboxes:search"


def test_a_post_is_given_the_keys_of_its_queue_that_have_the_same_names():
    queue = queue_key()
    given = keys.posting_keys_of(queue, "abc")._asdict()
    del given["posted"]

    assert given.items() <= {**keys.outbox_keys_of(queue)._asdict(), **keys.keys_of(queue)._asdict()}.items()


def test_a_redelivery_is_given_the_keys_of_the_outbox_and_of_the_post_with_its_token():
    queue = queue_key()
    given = keys.redelivery_keys_of(queue, "abc")._asdict()

    assert given.pop("posted") == keys.posting_keys_of(queue, "abc").posted
    assert given.items() <= keys.outbox_keys_of(queue)._asdict().items()


def test_the_outbox_shares_with_its_queue_what_has_the_same_name_alone():
    queue = queue_key()
    outbox, of_queue = keys.outbox_keys_of(queue), keys.keys_of(queue)

    shared = set(outbox._fields) & set(of_queue._fields)

    assert {getattr(outbox, word) for word in shared} == set(outbox) & set(of_queue)
    assert shared == {"record", "resume"}


def test_what_the_sweep_looks_for_is_expiry_leaving_and_endings():
    found = {key for key in _every_key() if fnmatchcase(key.decode(), keys.SWEPT)}

    assert found == {keys.keys_of(QUEUE).expiry, keys.keys_of(QUEUE).leaving, keys.outbox_keys_of(QUEUE).endings}
    assert [key for key in _every_key() if keys.is_leaving(key)] == [keys.keys_of(QUEUE).leaving]


def test_what_tells_of_an_outbox_is_its_log():
    found = {key for key in _every_key() if fnmatchcase(key.decode(), keys.OUTBOXES)}

    assert found == {keys.outbox_keys_of(QUEUE).notices}


def test_every_file_of_lua_belongs_to_a_script():
    code = "".join(script.text.decode() for script in SCRIPTS.values())

    assert set(SCRIPTS) <= set(FILES)
    assert [name for name in FILES if (FOLDER / f"{name}.lua").read_text() not in code] == []


@pytest.mark.parametrize("name", FILES)
def test_no_file_of_lua_spells_a_key(name):
    code = _code(name)
    texts = set(re.findall(r"'([^']*)'|\"([^\"]*)\"", code))

    assert "KEYS" not in code, "a position in it says what a key is"
    assert "redis" not in code, "only the list of keys comes before what calls the server"
    for text in {text for both in texts for text in both}:
        assert text not in WORDS
        assert not re.search("[:{}]", text), "a piece of a key"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_names_its_keys_as_the_list_does_and_nothing_else_so(name):
    script = SCRIPTS[name]
    head, _, rest = script.text.decode().partition("\n\n")
    code = re.sub(r"--.*", "", rest)
    used = set(re.findall(r"\b(?:call|in_parts|looked_up)\(\s*(?:'\w+'|command), ([^,)]*)", code))

    assert re.findall(r"(?m)^-- keys   (\w+) of key_lists\.py$", rest) == [script.keys.__name__], (
        "for who reads the file alone"
    )
    assert head == f"local call = redis.call\nlocal {', '.join(script.keys._fields)} = unpack(KEYS)"
    assert used <= {*script.keys._fields, *LOOPED_OVER}
    assert not _declared(code) & set(script.keys._fields), "a key that means something else there"


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.relative_to(FOLDER.parent).as_posix())
def test_no_module_spells_a_key(path):
    tree = ast.parse(path.read_text())
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in documented:
            text = node.value.decode() if isinstance(node.value, bytes) else node.value
            assert not text.startswith(keys.PREFIX)
            assert not re.search(rf":(?:{'|'.join(WORDS)})\b", text)
    assert not re.search(r"\b\w*(?:keys|_of)\([^)]*\)\[|\bkeys\[", path.read_text()), "a position says what a key is"
