"""Where each weakness of the driver's forerunner (storage 10.2) is tested: a test names the numbers it would fail on.

=====  ==========================================  =========================================================
W-R    what went wrong                             where
=====  ==========================================  =========================================================
1, 2   claims took claimed and delayed messages    test_claiming; conformance test_claims, test_delay
3      walks over claimed messages                 test_depth, test_cost
4-6    empty pages, no marker, lost markers        test_listing; conformance test_listing
7, 8   ends of claimed messages and of claims      test_expiry; conformance test_grace, test_claim_endings
9      stats                                       test_expiry, test_depth, test_cost; conformance test_stats
10     sweeping                                    test_expiry, test_depth, test_memory; conformance test_expiry
11     ids as keys                                 test_isolation; conformance test_isolation
12     names and internal keys                     test_names, test_isolation; conformance test_management
13     pop                                         test_cost; conformance test_pop
14-16  claims half made, half changed, half ended  test_claiming, test_structures
17     retries                                     test_faults, test_structures
18     subscriptions                               test_management, once there are any
19     one round trip for each item                test_cost, test_listing; conformance test_queue_listing
20     management store                            test_management; conformance test_management
21     connectivity                                test_connectivity, test_address, test_start
22     dead letters                                test_dead_letters, test_cost; conformance test_dead_letters
23     deleting queues                             test_memory, test_depth; conformance test_queue_records
=====  ==========================================  =========================================================
"""

import ast
import functools
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDERS = (HERE, HERE.parents[1] / "conformance")


@functools.cache
def _tested() -> frozenset[str]:
    """Return the weaknesses that the docstrings of tests name."""
    found: set[str] = set()
    for path in (path for folder in FOLDERS for path in folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.update(re.findall(r"W-R\d+", ast.get_docstring(node) or ""))
    return frozenset(found)


@pytest.mark.parametrize("number", range(1, 24))
def test_every_weakness_has_a_test_that_names_it(number):
    assert f"W-R{number}" in _tested()


def test_no_test_names_a_weakness_that_there_is_not():
    assert _tested() <= {f"W-R{number}" for number in range(1, 24)}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\btest_\w+", __doc__))))
def test_the_files_of_the_table_are_there(name):
    assert [folder for folder in FOLDERS if (folder / f"{name}.py").exists()]
