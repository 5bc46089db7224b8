"""What is quoted of the log in a first message is said once and in few words."""

from codecompanion.agents.wording import agreement, diff_text, failures, few
from codecompanion.domain.artifacts import Requirement, ScopeContract, SpecDoc
from codecompanion.domain.scope import repair_scope


def spec(*required: str, forbidden: tuple[str, ...]) -> SpecDoc:
    return SpecDoc(
        title="Fix it",
        objective="fix the tests",
        requirements=tuple(Requirement(id=f"R{i}", description=text) for i, text in enumerate(required, 1)),
        acceptance_criteria=("every test passes",),
        scope=ScopeContract(allowed=("*",), forbidden=forbidden),
    )


def test_the_many_patterns_of_a_repair_are_said_in_words_and_files_that_they_match_are_not_named() -> None:
    forbidden = repair_scope(["tests/test_shop.py::test_a", "checks.py::test_b"]).forbidden
    said = agreement(spec("x passes", forbidden=forbidden), one_by_one=False)
    assert said.endswith("Paths that may be changed: *; not: tests, and files that configure tests or the build (checks.py)")
    assert "x passes" not in said
    assert "every test passes" in said


def test_the_paths_that_a_plan_forbids_are_named() -> None:
    assert agreement(spec("total exists", forbidden=("docs/*", ".git/*"))).endswith("; not: docs/*, .git/*")


def test_hundreds_of_requirements_are_counted() -> None:
    said = agreement(spec(*(f"case {i}" for i in range(500)), forbidden=()))
    assert said.count("case") == 20
    assert "and 480 more" in said


def test_of_one_tests_many_cases_the_first_speak_and_all_are_named() -> None:
    said = failures([(f"test_a.py::test_a[{i}]", f"message {i}") for i in range(4)] + [("test_a.py::test_b", "another")])
    assert [f"message {i}" in said for i in range(4)] == [True, True, False, False]
    assert "test_a.py::test_a[3]" in said
    assert "another" in said


def test_an_error_that_another_test_has_told_is_not_told_again() -> None:
    def message(caller: int) -> str:
        return f"test_a.py:{caller}: in test\n    total(None)\na.py:3: in total\n    {'len(x)'}\nE   TypeError: no len()"

    said = failures([("test_a.py::test_a", message(1)), ("test_a.py::test_b", message(9)), ("test_a.py::test_c", "E   other")])
    assert said.count("TypeError") == 1
    assert "\n\ntest_a.py::test_b: as test_a.py::test_a\n\n" in said
    assert "E   other" in said


def test_a_diff_is_told_without_hashes_and_says_what_is_left_out() -> None:
    head, body = "diff --git a/a.py b/a.py\n", "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-index 1\n+index 2\n"
    assert diff_text(f"{head}index {'0' * 40}..{'1' * 40} 100644\n{body}", 1000) == head + body
    assert diff_text("x" * 3000, 1000) == f"{'x' * 1000}\n[... 2,000 more characters: read the files]"


def test_the_first_names_are_given_and_the_others_counted() -> None:
    assert few(["a", "b", "c"], 2) == "a, b and 1 more"
    assert few(["a"], 2) == "a"
