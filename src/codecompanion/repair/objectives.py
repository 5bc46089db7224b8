"""Which objectives the builtin mind can serve, and what kind of work each asks for. Words decide."""

import re

from codecompanion.domain.tidying import WorkKind

SERVED_KINDS = (
    "makes failing tests of a Python project pass, fixes lint findings, formats code, gives undefined names their imports"
    " or declares missing dependencies, one of these at a time"
)

_TESTS_FAIL = re.compile(
    r"\b(failing|failed|broken|red)\s+(\w+\s+){0,2}(tests?|suite|ci|build)\b|\btests?\s+(\w+\s+){0,2}fail|\bbugs?\b",
    re.IGNORECASE,
)
_MEND = re.compile(r"\b(fix|repair|mend|solve|resolve|debug|correct|heal|make|get|turn|find)\w*\b", re.IGNORECASE)
_BROKEN = re.compile(
    r"\b(tests?|testsuite|suite|failing|failures?|failed|fails?|bugs?|errors?|broken|green|red|pass(es|ing)?|pytest|unittest|ci)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(add|write|create|implement|refactor|rename|document|migrate|upgrade|optimi[sz]e|translate|delete|remove|port)\b",
    re.IGNORECASE,
)
_NEW_TOOLING = re.compile(
    r"\b(add|write|create|implement|refactor|rename|document|migrate|upgrade|translate|port|introduce|configure|enable|set\s+up)\b",
    re.IGNORECASE,
)
"""What makes of "lint" and "format" something to be built."""

_CODE = (
    r"(the\s+|all\s+|our\s+|my\s+|this\s+)*(\w+\s+)?"
    r"(code(base)?|sources?|files?|modules?|project|repo(sitory)?|package|everything|python)\b"
)

_TIDYING = {
    WorkKind.DEPENDENCIES: (
        r"\b(missing|undeclared|unlisted|absent)\b.*\b(dependenc\w+|requirements?)\b",
        r"\b(dependenc\w+|requirements?)\b.*\bmissing\b",
        r"\bdeclare\b.*\bdependenc",
    ),
    WorkKind.NAMES: (
        r"\b(undefined|unresolved|unknown|undeclared)\s+(names?|variables?|identifiers?)\b",
        r"\b(missing|forgotten)\s+imports?\b",
        r"\bimports?\b.*\bmissing\b",
        r"\bF821\b",
    ),
    WorkKind.LINT: (
        r"\b(lint|lints|linter|linters|linting|flake8|pyflakes|isort|autoflake)\b",
        r"\bruff\b(?!\s+format)",
        r"\b(?!F821)[A-Z]{1,5}[0-9]{3,4}\s+(findings?|errors?|warnings?|violations?)\b",
    ),
    WorkKind.FORMAT: (
        rf"(^\W*|\b(and|then)\s+)(please\s+|auto-?|re-?)*format\s+{_CODE}",
        r"\b(run|apply|use)\s+(the\s+|our\s+)?(black|formatter|code\s+formatter|ruff\s+format)\b",
        r"\b(fix|correct|clean\s+up|tidy(\s+up)?)\s+(the\s+|all\s+|up\s+)*(code('s)?\s+|source\s+)?formatting\b(?!\s+of)",
        r"^\W*(please\s+)?re-?format\b(?!\s+(the\s+)?(output|dates?|messages?|strings?|reports?))",
        r"\bformat(ted)?\s+(it\s+|them\s+)?with\s+(black|ruff)\b",
    ),
}
"""What asks for each kind; the first kinds are the more special ones."""


def kind_of(objective: str) -> WorkKind | None:
    """Return the kind of work that an objective asks for, None when the builtin mind cannot serve it.

    Failing tests and bugs come first. An objective that asks for two kinds of tidying is not served: half of it would be left.
    """
    if not _TESTS_FAIL.search(objective):
        kinds = [kind for kind, patterns in _TIDYING.items() if any(_says(pattern, objective) for pattern in patterns)]
        if kinds:
            return kinds[0] if len(kinds) == 1 and not _builds(kinds[0], objective) else None
    return WorkKind.REPAIR if _asks_for_repair(objective) else None


def _builds(kind: WorkKind, objective: str) -> bool:
    return kind in (WorkKind.LINT, WorkKind.FORMAT) and _NEW_TOOLING.search(objective) is not None


def _says(pattern: str, objective: str) -> bool:
    return re.search(pattern, objective, re.IGNORECASE) is not None


def _asks_for_repair(objective: str) -> bool:
    """Whether it has a word that means mending, one that means something is broken, and none that asks for other work."""
    first_line = objective.strip().splitlines()[0]
    return bool(_MEND.search(objective) and _BROKEN.search(objective)) and not _OTHER.search(first_line)
