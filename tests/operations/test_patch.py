import pytest

from zaqar.errors import Conflict, InvalidBody
from zaqar.operations import patch
from zaqar.operations.patch import Change


def test_a_document_becomes_changes_with_unescaped_keys():
    document = [
        {"op": "add", "path": "/metadata/a~1b", "value": None},
        {"op": "remove", "path": "/Metadata/ c "},
    ]

    assert patch.parse(document) == [Change("add", "a/b", None), Change("remove", "c", None)]


@pytest.mark.parametrize("document", [None, 1, "text", {}, [1], [{"op": "add", "path": "/metadata/a"}]])
def test_what_is_no_patch_is_refused(document):
    with pytest.raises(InvalidBody):
        patch.parse(document)


def test_applying_leaves_the_old_metadata_as_it_was():
    old = {"a": 1, "b": 2}

    new = patch.apply([Change("replace", "a", 3), Change("remove", "b")], old, {})

    assert (old, new) == ({"a": 1, "b": 2}, {"a": 3})


def test_a_key_with_a_default_is_there_without_being_stored():
    assert patch.apply([Change("remove", "a")], {}, {"a": None}) == {}
    assert patch.apply([Change("replace", "a", 1)], {}, {"a": None}) == {"a": 1}


@pytest.mark.parametrize("op", ["remove", "replace"])
def test_a_key_that_is_nowhere_is_a_conflict(op):
    with pytest.raises(Conflict):
        patch.apply([Change(op, "a", 1)], {}, {})


def test_a_later_change_sees_an_earlier_one():
    changes = [Change("add", "a", 1), Change("replace", "a", 2), Change("remove", "a")]

    assert patch.apply(changes, {}, {}) == {}
