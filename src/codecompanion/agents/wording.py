"""The parts of a first message that quote the log: what was agreed, what fails, in few words."""

import re
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase

from codecompanion.domain.artifacts import SpecDoc
from codecompanion.domain.checks import error_of
from codecompanion.domain.scope import repair_scope

LONGEST_MESSAGE = 1500
_HASHES = re.compile(r"^index [0-9a-f]{40,}\.\.[0-9a-f]{40,}(?: \d+)?\n", re.MULTILINE)
FAILING_SHOWN = 8
CASES_SHOWN = 2
REQUIREMENTS_SHOWN = 20
TESTS_IN_WORDS = "tests, and files that configure tests or the build"


def agreement(spec: SpecDoc | None, *, one_by_one: bool = True) -> str:
    """Return a plan's contract; not `one_by_one` when its requirements are the failing tests, which are shown anyway."""
    if spec is None:
        return ""
    required = [one.description for one in spec.requirements if one.description != spec.objective] if one_by_one else []
    more = len(required) - REQUIREMENTS_SHOWN
    parts = [
        spec.title if required else "",
        listed([*required[:REQUIREMENTS_SHOWN], *([f"and {more} more"] if more > 0 else [])]),
        listed(spec.acceptance_criteria) if not one_by_one else "",
        f"Paths that may be changed: {', '.join(spec.scope.allowed)}{_forbidden(spec.scope.forbidden)}",
        f"Assumed: {'; '.join(spec.assumptions)}" if spec.assumptions else "",
    ]
    return "\n\n".join(filter(None, parts))


def _forbidden(patterns: Sequence[str]) -> str:
    """Return what may not be changed. The patterns of a repair are many and mean one thing."""
    usual = frozenset(repair_scope(()).forbidden)
    if not usual.issubset(patterns):
        return f"; not: {_cut(', '.join(patterns), 600)}" if patterns else ""
    rest = [one for one in patterns if not any(fnmatchcase(one, pattern) for pattern in usual)]
    return f"; not: {TESTS_IN_WORDS} ({_cut(', '.join(rest), 300)})" if rest else f"; not: {TESTS_IN_WORDS}"


def failures(failing: Sequence[tuple[str, str]]) -> str:
    """Return failing tests with what they say; what another has said already, and more cases of one test, by their ids."""
    cases: Counter[str] = Counter()
    said: dict[str, str] = {}
    shown: list[str] = []
    for test_id, message in failing[: 4 * FAILING_SHOWN]:
        of = test_id.partition("[")[0]
        cases[of] += 1
        first = said.setdefault(error_of(message), test_id)
        told = first == test_id and cases[of] <= CASES_SHOWN and len(said) <= FAILING_SHOWN
        like = f": as {first}" if first != test_id and not first.startswith(f"{of}[") else ""
        shown.append(f"{test_id}\n{fenced(_cut(message, LONGEST_MESSAGE))}" if told else f"{test_id}{like}")
    more = len(failing) - 4 * FAILING_SHOWN
    return "\n\n".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def diff_text(diff: str, most: int) -> str:
    """Return a diff without the hashes of its files, which tell a reader nothing; of a long one how much is left out."""
    told = _HASHES.sub("", diff)
    return told if len(told) <= most else f"{told[:most]}\n[... {len(told) - most:,} more characters: read the files]"


def few(names: Sequence[str], most: int) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def listed(lines: Sequence[str]) -> str:
    """Return lines as a list."""
    return "\n".join(f"- {line}" for line in lines)


def fenced(text: str, kind: str = "") -> str:
    """Return a quotation that what is quoted cannot end; "" for nothing. `kind` is the language, for the reader's eye."""
    if not text.strip():
        return ""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}\n...\n{text[-most // 2 :]}"
