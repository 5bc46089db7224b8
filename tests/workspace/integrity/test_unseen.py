import pytest

from codecompanion.domain.checks import SuiteReport, TestOutcome
from codecompanion.workspace.integrity.places import starts_before_tests
from codecompanion.workspace.integrity.unseen import unseen

RAN = SuiteReport(outcomes=(TestOutcome(test_id="tests/test_a.py::test_a", outcome="passed"),), imported={"shop": "shop.py"})
LINK = """diff --git a/tests/conftest.py b/tests/conftest.py
new file mode 120000
index 000..abc
--- /dev/null
+++ b/tests/conftest.py
@@ -0,0 +1 @@
+../data.txt
\\ No newline at end of file
"""
COMPILED = """diff --git "a/\\303\\251/json.pyc" "b/\\303\\251/json.pyc"
new file mode 100644
index 000..abc
GIT binary patch
literal 3
"""


def kinds(diff: str = "", *, deleted: tuple[str, ...] = (), base: SuiteReport = RAN, report: SuiteReport = RAN) -> list[str]:
    return [f"{one.kind} {one.path}" for one in unseen(diff, deleted, base, report) if one.severity == "blocks"]


def test_a_link_in_the_place_of_a_source_blocks() -> None:
    assert kinds(LINK) == ["unreadable tests/conftest.py"]


def test_a_link_to_something_else_is_no_matter() -> None:
    assert kinds(LINK.replace("conftest.py", "notes.txt")) == []


def test_compiled_code_blocks_however_its_name_is_quoted() -> None:
    assert kinds(COMPILED) == ["startup-code-added é/json.pyc"]


def test_a_runner_that_passes_what_must_fail_blocks_when_the_change_made_it_so() -> None:
    credulous = RAN.model_copy(update={"credulous": True})
    assert kinds(report=credulous) == ["runner-hooked the test runner"]
    assert kinds(base=credulous, report=credulous) == []


def test_another_file_in_the_place_of_a_tested_module_blocks_unless_the_old_one_is_gone() -> None:
    elsewhere = RAN.model_copy(update={"imported": {"shop": "tests/shop.py"}})
    assert kinds(report=elsewhere) == ["startup-code-added tests/shop.py"]
    assert kinds(report=elsewhere, deleted=("shop.py",)) == []


@pytest.mark.parametrize("path", ["dataclasses.py", "src/difflib.py", "json/__init__.py", "src/pluggy/__init__.py", "pdb.py"])
def test_a_file_in_the_place_of_a_module_that_the_runner_may_load_starts_before_tests(path: str) -> None:
    assert starts_before_tests(path)


@pytest.mark.parametrize(
    "path", ["shop/types.py", "tests/json/test_a.py", "json/data.py", "test/__init__.py", "src/shop/json.py", "shop.py"]
)
def test_a_module_of_a_package_stands_in_for_nothing(path: str) -> None:
    assert not starts_before_tests(path)
