"""What is quoted of the log in a first message is said once and in few words."""

from codecompanion.agents.wording import agreement, failures, few
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


def test_the_first_names_are_given_and_the_others_counted() -> None:
    assert few(["a", "b", "c"], 2) == "a, b and 1 more"
    assert few(["a"], 2) == "a"
