"""Where each weakness of the driver's forerunner (storage 10.1) is tested: a test names the numbers it would fail on.

=====  ==========================================  ==================================================================
W-M    what went wrong                             where
=====  ==========================================  ==================================================================
1      listing counted all that followed           test_cost
2      competing consumers came back empty         test_consuming; conformance test_races
3, 4   observers skipped; producers fought         test_ordering, test_looking; conformance
                                                   test_races_of_producers
5, 22  deleting by a look before it                test_deleting; conformance test_races, test_deleting_many
6      claim counts forgotten                      test_consuming; conformance test_claim_endings
7      dead letters kept place, expiry and claim   test_endings; conformance test_dead_letters
8      expired messages seen                       test_endings; conformance test_expiry
9      pop: a round trip each, in no order         test_cost, test_endings; conformance test_pop
10     purge                                       test_consuming, test_removal; conformance test_purge
11     stats counted                               test_cost, test_counting, test_structures; conformance test_stats
12     too many indexes                            test_plans
13     counters without an index, never deleted    test_structures, test_plans
14     posting                                     test_cost
15     failover: posts doubled, pops lost          test_faults, test_interruptions, test_refusals
16     connection strings of replica sets, TLS     test_address
17     regular expressions from requests           test_plans, test_structures; conformance test_queue_listing
18     changing a claim                            test_cost, test_consuming
19     clocks of API hosts                         test_structures
20     health                                      test_structures
21     keys in bodies                              test_structures; conformance test_messages
=====  ==========================================  ==================================================================
"""

import ast
import functools
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDERS = (HERE, HERE.parents[1] / "conformance")
NUMBERS = range(1, 23)


@functools.cache
def _tested() -> frozenset[str]:
    """Return the weaknesses that the docstrings of tests name."""
    found: set[str] = set()
    for path in (path for folder in FOLDERS for path in folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.update(re.findall(r"W-M\d+", ast.get_docstring(node) or ""))
    return frozenset(found)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_weakness_has_a_test_that_names_it(number):
    assert f"W-M{number}" in _tested()


def test_no_test_names_a_weakness_that_there_is_not():
    assert _tested() <= {f"W-M{number}" for number in NUMBERS}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\btest_\w+", __doc__))))
def test_the_files_of_the_table_are_there(name):
    assert [folder for folder in FOLDERS if (folder / f"{name}.py").exists()]
