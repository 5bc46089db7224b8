"""Find tests that ran before a change and, by the runner's own reports, do not run after it."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from codecompanion.domain.checks import Outcome, SuiteReport
from codecompanion.domain.counting import counted
from codecompanion.domain.integrity import IntegrityFinding, IntegrityKind
from codecompanion.domain.python_text import parsed
from codecompanion.workspace.integrity.syntax import literals

_RAN: tuple[Outcome, ...] = ("passed", "failed", "error")


def vanished(base: SuiteReport, after: SuiteReport, explained: Collection[str]) -> Iterator[IntegrityFinding]:
    """Yield each test that ran and now is missing, skipped, or run with fewer parameters.

    `explained` are ids without parameters that need no word: moved, renamed, merged, or found by other means. A report of
    a run that did not come to its end says nothing of what is missing. Parameters are counted, not compared: their ids
    may hold what the change is about.
    """
    had, has, skipped = _by_test(base, _RAN), _by_test(after, _RAN), _by_test(after, ("skipped",))
    broken = tuple(one.test_id for one in after.outcomes if one.outcome == "error")
    for name, ran in had.items():
        if name in explained or "_FailedTest" in name or _is_holder(name):
            continue
        path = name.partition("::")[0]
        now, off = len(has.get(name, ())), len(skipped.get(name, ()))
        if now >= len(ran):
            continue
        if off > len(_by_test(base, ("skipped",)).get(name, ())):
            yield IntegrityFinding(
                kind=IntegrityKind.TEST_DISABLED,
                severity="blocks",
                path=path,
                line=0,
                what="it ran before the change and is skipped after it",
                test_id=name,
            )
        elif after.complete and not _cannot_load(name, broken):
            kind = IntegrityKind.CASES_REMOVED if now else IntegrityKind.TEST_DELETED
            what = (
                f"it runs {counted(now, 'time')} in place of {len(ran)}"
                if now
                else "it ran before the change and is not run after it"
            )
            yield IntegrityFinding(kind=kind, severity="blocks", path=path, line=0, what=what, test_id=name)


def _by_test(report: SuiteReport, kinds: Collection[Outcome]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in report.outcomes:
        if one.outcome in kinds:
            found[one.test_id.partition("[")[0]].append(one.test_id)
    return found


def _is_holder(name: str) -> bool:
    """Whether an id is of a file that could not be loaded, and not of a test."""
    return name.endswith(".py") or name in ("", ".")


def _cannot_load(name: str, broken: Collection[str]) -> bool:
    return any(_is_holder(one) and name.startswith(one) for one in broken)


def reported_answers(report: SuiteReport) -> list[frozenset[str]]:
    """Return the constants of each line in the messages of failed tests that shows an assertion."""
    lines = (line for outcome in report.outcomes for line in outcome.message.splitlines() if "assert" in line)
    trees = (parsed(line.lstrip("E> \t")) for line in lines)
    return [literals(tree) for tree in trees if tree is not None]
