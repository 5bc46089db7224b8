from typing import Literal

import pytest

from codecompanion.domain.artifacts import FileChange, ScopeContract
from codecompanion.domain.scope import allows, is_test_path, outside, repair_scope

PYTEST = ("tests/test_shop.py::test_sale", "checks/odd_name.py::TestX::test_y[a.b]", "src/doc.py::doc.add")
UNITTEST = ("suite.TestAdd.test_one", "app.checks.TestMore.test_two")


@pytest.mark.parametrize(
    ("ids", "path", "allowed"),
    [
        (PYTEST, "shop.py", True),
        (PYTEST, "src/shop/cart.py", True),
        (PYTEST, "src/contest.py", True),
        (PYTEST, "src/doc.py", True),
        (PYTEST, "checks/odd_name.py", False),
        (PYTEST, "tests/helper.py", False),
        (PYTEST, "src/shop/tests/data.py", False),
        (PYTEST, "src/shop/test_cart.py", False),
        (PYTEST, "cart_test.py", False),
        (PYTEST, "app/tests.py", False),
        (PYTEST, "test.py", False),
        (PYTEST, "conftest.py", False),
        (PYTEST, "src/conftest.py", False),
        (PYTEST, "setup.py", False),
        (PYTEST, "README.md", False),
        (UNITTEST, "calc.py", True),
        (UNITTEST, "app/models.py", True),
        (UNITTEST, "suite.py", False),
        (UNITTEST, "app/checks.py", False),
        (UNITTEST, "src/suite.py", False),
    ],
)
def test_a_repair_may_touch_sources_and_nothing_that_tests_them(ids: tuple[str, ...], path: str, allowed: bool) -> None:  # noqa: FBT001 - a table
    assert allows(repair_scope(ids), path) is allowed


def change(path: str, action: Literal["added", "modified", "deleted", "renamed"]) -> FileChange:
    return FileChange(path=path, action=action, lines_added=1, lines_removed=1)


def test_a_change_outside_of_the_contract_is_named_whatever_it_does() -> None:
    scope = ScopeContract(allowed=("src/*",), forbidden=("src/secret/*",))
    changes = [
        change("src/a.py", "modified"),
        change("b.py", "added"),
        change("src/secret/c.py", "deleted"),
        change("b.py", "modified"),
    ]
    assert outside(scope, changes) == ("b.py", "src/secret/c.py")


def test_a_rename_is_outside_when_either_of_its_paths_is() -> None:
    scope = ScopeContract(allowed=("src/*",))
    changes = [change("src/new.py", "renamed")]
    assert outside(scope, changes, {"src/new.py": "src/old.py"}) == ()
    assert outside(scope, changes, {"src/new.py": "tests/old.py"}) == ("tests/old.py",)
    with pytest.raises(KeyError):
        outside(scope, changes)


@pytest.mark.parametrize(
    ("path", "expected"), [("tests/data.py", True), ("a/test_b.py", True), ("conftest.py", True), ("contest.py", False)]
)
def test_a_test_is_known_by_its_path(path: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_test_path(path) is expected
