"""What a run of the project's tests said."""

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from codecompanion.domain.project import Value

Outcome = Literal["passed", "failed", "error", "skipped"]


_ADDRESS = re.compile(r"0x[0-9a-f]+")
_ERROR_LINE = re.compile(r"E  ")
"""How pytest marks the lines of an error."""
_PLACE = re.compile(r"\S+\.\w+:\d+: in ")
"""How its short tracebacks name a frame."""


def stable(test_id: str) -> str:
    """Return a test id without the memory addresses that some parametrised ids hold: those differ between processes."""
    return _ADDRESS.sub("0x", test_id)


def error_of(message: str) -> str:
    """Return what a failure's text says went wrong, and where: its last place and the lines of the error.

    Two tests that fail alike have the same one, whatever calls led there and wherever each of them stands.
    """
    lines = message.splitlines()
    errors = [line.strip() for line in lines if _ERROR_LINE.match(line)]
    places = [found[0] for line in lines if (found := _PLACE.match(line))]
    return _ADDRESS.sub("0x", "\n".join((*places[-1:], *errors))) if errors else message


def _loads(file: str, test_id: str) -> bool:
    """Whether a file (or a unittest module, or a conftest of a folder, or "." for all) is loaded before a test can run."""
    holder = file.removesuffix("conftest.py").rstrip("/") if file.endswith("conftest.py") else file
    return holder in ("", ".") or test_id.startswith((f"{holder}::", f"{holder}/", f"{holder}."))


class TestOutcome(Value):
    """One test's result.

    `test_id` is the runner's own (a pytest node id, a unittest dotted name). `message` is the failure's text
    as the runner printed it, cut to 4 000 characters; "" when it passed. "error" means that the test
    could not run to its end: a broken fixture or import, a crash of the process, a time-out.
    """

    __test__ = False

    test_id: str
    outcome: Outcome
    duration_s: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    message: str = ""


class SuiteReport(Value):
    """Every test's result of one run, in the order they ran.

    `flaky` names tests that failed and passed on the same tree; they count as neither passed nor failed.
    `complete` is False when the run ended before every collected test had run.
    `imported` maps the project's modules to the files they were really loaded from (proof that the worktree was tested).
    `credulous` says that the runner reported a test of ours, which always fails, as one that did not.
    """

    outcomes: tuple[TestOutcome, ...] = ()
    flaky: tuple[str, ...] = ()
    complete: bool = True
    imported: dict[str, str] = Field(default_factory=dict)
    credulous: bool = False

    def _ids(self, wanted: Iterable[Outcome]) -> tuple[str, ...]:
        kinds, flaky = frozenset(wanted), frozenset(self.flaky)
        return tuple(o.test_id for o in self.outcomes if o.outcome in kinds and o.test_id not in flaky)

    @property
    def passing(self) -> tuple[str, ...]:
        """Ids of the tests that passed."""
        return self._ids(("passed",))

    @property
    def failing(self) -> tuple[str, ...]:
        """Ids of the tests that failed or could not run, without the flaky ones."""
        return self._ids(("failed", "error"))

    def cures(self, test_id: str) -> bool:
        """Whether a test that failed before passes now.

        A file that could not be loaded failed under its own name; it is cured when it has tests that pass and none that fails.
        """
        if stable(test_id) in map(stable, self.passing):
            return True
        return any(_loads(test_id, t) for t in self.passing) and not any(_loads(test_id, t) for t in self.failing)

    @property
    def counts(self) -> "Counts":
        """How many passed, failed and erred, without the flaky ones."""
        return Counts(
            passed=len(self._ids(("passed",))),
            failed=len(self._ids(("failed",))),
            errors=len(self._ids(("error",))),
            skipped=len(self._ids(("skipped",))),
            flaky=len(self.flaky),
        )


class Counts(Value):
    """How many tests ended in which way."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    flaky: int = 0
