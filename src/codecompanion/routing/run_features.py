"""What is known of a task of a run before a model is asked: pure functions of words and of what was measured."""

import re
from collections.abc import Iterable, Mapping

from codecompanion.domain.ledgers import WorkItem
from codecompanion.domain.routes import RouteFeatures
from codecompanion.domain.team import Role
from codecompanion.domain.tidying import WorkKind

CHARACTERS_PER_TOKEN = 3.5
"""Of today's tokenizers, for code and English."""
FRAME_TOKENS = 4_000
"""About what an agent is told beside the words of its task: its role, its tools, the project, code that is probably meant."""
LONG, VERY_LONG = 60, 200
"""Words of a task from which on it is taken for harder, and harder still."""
MANY_TESTS, MANY_FILES = 3, 3

_PATH = re.compile(
    r"[\w./-]*\w\.(?:py|pyi|js|jsx|ts|tsx|go|rs|java|rb|c|h|cc|cpp|hpp|cs|php|md|rst|toml|cfg|ya?ml|json|html|css)\b"
)
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)|^\s+at .+\(.+:\d+:\d+\)$|^panic: ", re.MULTILINE)
_OF_ROLES: Mapping[Role, str] = {
    Role.PROJECT_MANAGER: "planning",
    Role.ARCHITECT: "design",
    Role.TEST_WRITER: "tests",
    Role.DOCS_WRITER: "docs",
    Role.REVIEWER: "review",
    Role.CHAT: "chat",
}
_OF_WORDS = (
    ("bug_fix", r"\b(bugs?|fix(es)?|fail(s|ing|ure)?|broken|wrong(ly)?|crash(es)?|error|incorrect|regression)\b"),
    ("refactor", r"\b(refactor\w*|renam\w*|extract|simplif\w*|move|clean ?up|deduplicat\w*|in one place)\b"),
    ("docs", r"\b(document\w*|readme|docstrings?|changelog|describe)\b"),
    ("tests", r"\b(tests?|coverage)\b"),
    ("speed", r"\b(faster|slow|performance|optimi[sz]e\w*|speed)\b"),
)
_OF_WORDS_COMPILED = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _OF_WORDS)


def features_of(
    objective: str,
    kind: WorkKind,
    role: Role,
    *,
    item: WorkItem | None = None,
    language: str = "",
    failing: Iterable[str] = (),
    attempt: int = 1,
) -> RouteFeatures:
    """Return the features of a task.

    Args:
        objective: The user's words.
        kind: What the run is for.
        role: Who works on the task.
        item: The task in the plan; None when it is not of the plan.
        language: The project's, "" when it is not known.
        failing: The ids of the tests that failed on the base and are to be repaired.
        attempt: From 1.
    """
    tests = tuple(failing) if kind is WorkKind.REPAIR else ()
    words = "\n".join(filter(None, (objective, item.title if item else "", item.instructions if item else "")))
    files = len({*_PATH.findall(words), *(test.partition("::")[0] for test in tests)})
    return RouteFeatures(
        role=role.value,
        task_type=task_type_of(objective, kind, role),
        language=language,
        complexity=complexity_of(words, len(tests), files),
        prompt_tokens=FRAME_TOKENS + int(len("\n".join((words, *tests))) / CHARACTERS_PER_TOKEN),
        files=files,
        has_traceback=bool(tests) or _TRACEBACK.search(words) is not None,
        attempt=attempt,
    )


def task_type_of(objective: str, kind: WorkKind, role: Role) -> str:
    """Return what kind of work a task is: its role says so, else the objective's words, the first that fit; else a feature."""
    if role in _OF_ROLES:
        return _OF_ROLES[role]
    if kind is WorkKind.REPAIR:
        return "bug_fix"
    return next((name for name, words in _OF_WORDS_COMPILED if words.search(objective)), "feature")


def complexity_of(words: str, failing: int, files: int) -> str:
    """Return "low", "medium" or "high": how much is asked for, how many tests fail, how many files are named."""
    count = len(words.split())
    points = (count > LONG) + (count > VERY_LONG) + (failing > MANY_TESTS) + (files > MANY_FILES)
    return ("low", "medium", "high")[min(points, 2)]
