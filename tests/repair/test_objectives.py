import pytest

from codecompanion.domain.tidying import WorkKind
from codecompanion.repair.objectives import kind_of

REPAIR, LINT, FORMAT = WorkKind.REPAIR, WorkKind.LINT, WorkKind.FORMAT
NAMES, DEPENDENCIES = WorkKind.NAMES, WorkKind.DEPENDENCIES


@pytest.mark.parametrize(
    ("objective", "kind"),
    [
        ("fix the failing tests", REPAIR),
        ("make the tests pass", REPAIR),
        ("fix the bug in the date format", REPAIR),
        ("fix the failing test_lint tests", REPAIR),
        ("fix the lint errors", LINT),
        ("fix ruff findings", LINT),
        ("clean up lint", LINT),
        ("make ruff pass", LINT),
        ("fix the F401 findings", LINT),
        ("fix the linting issues and keep the tests green", LINT),
        ("format the code", FORMAT),
        ("run black", FORMAT),
        ("please reformat everything with ruff format", FORMAT),
        ("fix the code formatting", FORMAT),
        ("fix undefined names", NAMES),
        ("add the missing imports", NAMES),
        ("fix the F821 errors", NAMES),
        ("add the missing dependencies to pyproject.toml", DEPENDENCIES),
        ("add missing dependencies to requirements.txt", DEPENDENCIES),
        ("write me a poem", None),
        ("add a feature that makes tests pass", None),
        ("write a linter for yaml", None),
        ("set up black", None),
        ("format the dates in the report", None),
        ("fix the lint errors and format the code", None),
    ],
)
def test_the_words_of_an_objective_say_what_kind_of_work_it_asks_for(objective: str, kind: WorkKind | None) -> None:
    assert kind_of(objective) == kind
