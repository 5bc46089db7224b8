"""Find what a patch does to look successful without being so."""

from collections.abc import Iterator, Mapping

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.integrity import IntegrityFinding, IntegrityKind
from codecompanion.workspace.integrity.configuration import is_configuration, narrowed
from codecompanion.workspace.integrity.doctests import fewer_examples
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.outcomes import reported_answers, vanished
from codecompanion.workspace.integrity.places import (
    is_conftest,
    is_expected_data,
    is_python,
    is_script_test,
    starts_before_tests,
    supports_tests,
)
from codecompanion.workspace.integrity.python_tests import examine_python_tests
from codecompanion.workspace.integrity.scripts import script_doubts
from codecompanion.workspace.integrity.sources import examine_source
from codecompanion.workspace.integrity.suite import Suite, suite_of

Texts = Mapping[str, str]


def examine(
    before: Texts, after: Texts, base_report: SuiteReport, after_report: SuiteReport | None
) -> tuple[IntegrityFinding, ...]:
    """Return what casts doubt on a patch, in order of path and line.

    Args:
        before: The text of each changed file before, by path (relative, POSIX); one that is new is missing.
        after: The text of each changed file after; one that is deleted is missing. Files that did not change may stand in
            both: tests among them tell what answers a source could know by heart.
        base_report: What the whole suite said before the change.
        after_report: What the whole suite said after it, None when it did not run.

    Pure, and total: no text makes it raise. A file that is no Python is compared by what the reports say alone.
    """
    try:
        return _examined(before, after, base_report, after_report)
    except RecursionError:
        what = "a file of the patch is nested too deeply to be read"
        return (IntegrityFinding(kind=IntegrityKind.UNREADABLE, severity="blocks", path="", line=0, what=what),)


def _examined(
    before: Texts, after: Texts, base_report: SuiteReport, after_report: SuiteReport | None
) -> tuple[IntegrityFinding, ...]:
    suite = suite_of(before, after, base_report)
    findings = [*examine_python_tests(suite)]
    for path in sorted({*before, *after}):
        findings += [_finding(path, doubt) for doubt in _in_file(path, before.get(path), after.get(path), suite, base_report)]
        if is_script_test(path) and path in before:
            pairs = script_doubts(before[path], after.get(path, ""))
            findings += [_finding(path, doubt, f"{path}::{title}") for title, doubt in pairs]
    if after_report is not None:
        # What is only told of a test does not explain that it did not run: a new mark, say, that a filter drops.
        grave = (one for one in findings if one.severity == "blocks" or one.kind is IntegrityKind.TEST_DELETED)
        told = {one.test_id for one in grave if one.test_id is not None}
        findings += vanished(base_report, after_report, told | suite.accounted)
    return tuple(sorted(dict.fromkeys(findings), key=lambda one: (one.path, one.line, one.kind)))


def _in_file(path: str, before: str | None, after: str | None, suite: Suite, base: SuiteReport) -> Iterator[Doubt]:
    if before == after:
        return
    if is_configuration(path):
        yield from narrowed(path, before, after)
    if after is not None and before is None:
        if starts_before_tests(path):
            yield Doubt(
                IntegrityKind.STARTUP_CODE_ADDED,
                "blocks",
                0,
                "the file is new, and runs before the tests or in the place of their runner",
            )
        elif is_conftest(path):
            yield Doubt(
                IntegrityKind.STARTUP_CODE_ADDED,
                "tell",
                0,
                "the file is new, and pytest loads it before the tests of its folder",
            )
    if before is not None and is_expected_data(path):
        what = "what tests compare with is gone" if after is None else "what tests compare with has changed"
        yield Doubt(IntegrityKind.EXPECTATION_CHANGED, "tell", 0, what)
    if before is not None and after is not None:
        yield from fewer_examples(path, before, after, base)
    if after is not None and is_python(path) and not supports_tests(path) and path not in suite.after:
        yield from examine_source(before, after, lambda: [*suite.answers, *reported_answers(base)])


def _finding(path: str, doubt: Doubt, test_id: str | None = None) -> IntegrityFinding:
    return IntegrityFinding(
        kind=doubt.kind, severity=doubt.severity, path=path, line=doubt.line, what=doubt.what, test_id=test_id
    )
