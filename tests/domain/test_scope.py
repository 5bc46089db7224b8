import pytest

from codecompanion.domain.artifacts import ScopeContract
from codecompanion.domain.scope import allows, is_test_path, needs_a_person, repair_scope, tidy_scope
from codecompanion.domain.tidying import WorkKind

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
        (("v1.2/odd.py::TestX::test_y",), "v1.2/odd.py", False),
        (UNITTEST, "calc.py", True),
        (UNITTEST, "app/models.py", True),
        (UNITTEST, "suite.py", False),
        (UNITTEST, "app/checks.py", False),
        (UNITTEST, "src/suite.py", False),
    ],
)
def test_a_repair_may_touch_sources_and_nothing_that_tests_them(ids: tuple[str, ...], path: str, allowed: bool) -> None:  # noqa: FBT001 - a table
    assert allows(repair_scope(ids), path) is allowed


@pytest.mark.parametrize(
    ("kind", "path", "allowed"),
    [
        (WorkKind.LINT, "src/shop.py", True),
        (WorkKind.FORMAT, "tests/test_shop.py", True),
        (WorkKind.NAMES, "src/shop.pyi", True),
        (WorkKind.LINT, "pyproject.toml", False),
        (WorkKind.DEPENDENCIES, "pyproject.toml", True),
        (WorkKind.DEPENDENCIES, "requirements/dev.txt", True),
        (WorkKind.DEPENDENCIES, "shop.py", False),
    ],
)
def test_a_tidying_may_touch_python_files_or_the_manifests(*, kind: WorkKind, path: str, allowed: bool) -> None:
    assert allows(tidy_scope(kind), path) is allowed


@pytest.mark.parametrize(
    ("path", "expected"), [("tests/data.py", True), ("a/test_b.py", True), ("conftest.py", True), ("contest.py", False)]
)
def test_a_test_is_known_by_its_path(path: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_test_path(path) is expected


@pytest.mark.attack("A79")
@pytest.mark.parametrize(
    ("path", "why"),
    [
        (".codecompanion/config.toml", "it configures CodeCompanion itself"),
        (".CodeCompanion/agents/solo.md", "it configures CodeCompanion itself"),
        (".mcp.json", "it names the programs that agents may use"),
        (".MCP.json", "it names the programs that agents may use"),
    ],
)
def test_what_configures_us_is_changed_by_nobody_but_a_person_whatever_the_scope(path: str, why: str) -> None:
    assert allows(ScopeContract(allowed=("*",), forbidden=()), path)
    assert needs_a_person(path) == why
    assert needs_a_person(f"docs/{path}") is None
