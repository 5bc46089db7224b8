import pytest

from codecompanion.domain.ledgers import WorkItem
from codecompanion.domain.team import Role
from codecompanion.domain.tidying import WorkKind
from codecompanion.routing.run_features import complexity_of, features_of, task_type_of


@pytest.mark.parametrize(
    ("objective", "kind", "role", "expected"),
    [
        ("fix the failing tests", WorkKind.REPAIR, Role.DEBUGGER, "bug_fix"),
        ("The total is wrong for returns", WorkKind.CHANGE, Role.SOLO, "bug_fix"),
        ("Rename Stock to Inventory", WorkKind.CHANGE, Role.CODE_GENERATOR, "refactor"),
        ("Describe in the README how notes are written", WorkKind.CHANGE, Role.CODE_GENERATOR, "docs"),
        ("Give a discount from ten pieces on", WorkKind.CHANGE, Role.SOLO, "feature"),
        ("Give a discount from ten pieces on", WorkKind.CHANGE, Role.TEST_WRITER, "tests"),
        ("Give a discount from ten pieces on", WorkKind.CHANGE, Role.REVIEWER, "review"),
    ],
)
def test_the_kind_of_work_is_told_by_the_role_and_else_by_words(
    objective: str, kind: WorkKind, role: Role, expected: str
) -> None:
    assert task_type_of(objective, kind, role) == expected


def test_more_words_tests_and_files_make_a_task_harder() -> None:
    assert complexity_of("short", 1, 1) == "low"
    assert complexity_of("word " * 61, 1, 1) == "medium"
    assert complexity_of("word " * 61, 9, 1) == "high"


def test_what_is_measured_is_known_before_the_call() -> None:
    failing = ("tests/test_a.py::test_x", "tests/test_a.py::test_y", "tests/test_b.py::test_z")
    features = features_of("fix src/shop.py", WorkKind.REPAIR, Role.DEBUGGER, language="python", failing=failing, attempt=2)
    assert (features.files, features.has_traceback, features.attempt, features.language) == (3, True, 2, "python")
    assert features.prompt_tokens > 4_000


def test_tests_that_a_change_is_not_to_mend_say_nothing_of_it() -> None:
    features = features_of("Add a feature", WorkKind.CHANGE, Role.SOLO, failing=("tests/test_a.py::test_x",))
    assert (features.files, features.has_traceback) == (0, False)


def test_a_traceback_in_the_objective_and_the_items_own_words_count() -> None:
    item = WorkItem(item_id="code", title="Mend it", role="code_generator", instructions="In shop.py and tests/test_shop.py")
    words = 'Traceback (most recent call last):\n  File "shop.py", line 3'
    features = features_of(words, WorkKind.CHANGE, Role.CODE_GENERATOR, item=item)
    assert (features.files, features.has_traceback) == (2, True)
