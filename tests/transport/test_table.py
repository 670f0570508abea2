"""The table of URLs is the whole truth: of resources, of the documented rules, of the home document."""

import re

import pytest

from zaqar.policies import list_rules
from zaqar.transport.wsgi import table, unbuilt

ROWS = table.rows()


class _Anything:
    """Stands for the operations, of which a resource only takes what it needs."""

    def __getattr__(self, name):
        return _Anything()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.path)
def test_a_resource_has_the_verbs_of_its_row_and_no_other(row):
    resource = row.resource(_Anything())

    found = {name.removeprefix("on_").upper() for name in dir(resource) if name.startswith("on_")}

    assert found == set(row.verbs)


def test_every_verb_below_the_version_has_a_rule_and_every_rule_of_what_is_built_a_verb():
    # HEAD is part of GET; the home document has no rule (http H-1).
    served = {(row.path, verb) for row in ROWS if row.links for verb in row.verbs if verb != "HEAD"}
    documented = {
        (operation["path"], operation["method"])
        for rule in list_rules()
        for operation in getattr(rule, "operations", ())
        if operation["method"] != "HEAD"
    }

    missing = {(path, verb) for path, verb in documented - served if not unbuilt.sentence(_example(path))}

    assert served - documented == set()
    assert missing == set()


def test_what_the_home_document_says_of_a_path_is_so():
    for row in ROWS:
        for link in row.links:
            assert set(link.methods) <= set(row.verbs), link.rel
    names = [link.rel for row in ROWS for link in row.links]
    assert len(names) == len(set(names)) == 45


def _example(path):
    return re.sub(r"\{\w+\}", "name", path)
