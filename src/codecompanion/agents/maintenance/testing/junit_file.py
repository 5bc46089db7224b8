"""Write a suite's report as a JUnit file, which continuous integration reads."""

import os
import re
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from codecompanion.domain.checks import SuiteReport, TestOutcome
from codecompanion.domain.errors import EnvironmentBroken

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {"failed": "failure", "error": "error", "skipped": "skipped"}


def write_junit(path: Path, report: SuiteReport) -> None:
    """Write a report to a path, whole or not at all.

    Raises:
        EnvironmentBroken: It cannot be written there.
    """
    try:
        descriptor, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(junit(report))
            Path(partial).chmod(0o644)
            Path(partial).replace(path)
        except OSError:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise EnvironmentBroken(
            f"the tests' results cannot be written to {str(path)!r}", cause=str(error), fix="name another place with --junit"
        ) from error


def junit(report: SuiteReport) -> str:
    """Return a report as JUnit's XML; flaky tests count as passed and say so in a property."""
    counts, flaky = report.counts, frozenset(report.flaky)
    seconds = sum(outcome.duration_s for outcome in report.outcomes)
    head = (
        f'<testsuite name="codecompanion" tests="{len(report.outcomes)}" failures="{counts.failed}" errors="{counts.errors}" '
        f'skipped="{counts.skipped}" time="{seconds:.3f}">'
    )
    cases = [_case(outcome, flaky=outcome.test_id in flaky) for outcome in report.outcomes]
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *cases, "</testsuite>\n"])


def _case(outcome: TestOutcome, *, flaky: bool) -> str:
    holder, _, name = outcome.test_id.rpartition("::")
    if not holder:
        holder, _, name = outcome.test_id.rpartition(".")
    opening = f'<testcase classname={_quoted(holder)} name={_quoted(name)} time="{outcome.duration_s:.3f}">'
    tag = _TAGS.get(outcome.outcome)
    if flaky:
        inner = '<properties><property name="flaky" value="true"/></properties>'
    elif tag is None:
        inner = ""
    else:
        first = next(iter(outcome.message.splitlines()), "")
        inner = f"<{tag} message={_quoted(first)}>{escape(_clean(outcome.message))}</{tag}>"
    return f"  {opening}{inner}</testcase>"


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("?", text)
