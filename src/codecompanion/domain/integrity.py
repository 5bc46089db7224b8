"""What a patch may do to look successful without being so."""

from enum import StrEnum
from typing import Literal

from codecompanion.domain.project import Value

Severity = Literal["blocks", "tell"]
"""A finding that "blocks" makes "verified" impossible, unless the caller knows that it was asked for. Others are told."""


class IntegrityKind(StrEnum):
    """The kinds of findings, so that a caller can accept the one that the objective asks for."""

    TEST_DELETED = "test-deleted"
    """A test is gone, or is called in a way that the runner does not collect."""
    TEST_DISABLED = "test-disabled"
    """A test is there and is skipped, expected to fail or left out."""
    CASES_REMOVED = "cases-removed"
    """A parametrised test runs with fewer inputs."""
    ASSERTION_REMOVED = "assertion-removed"
    """A test asserts less, or what it asserts is never reached."""
    ASSERTION_LOOSENED = "assertion-loosened"
    """A test asserts a weaker thing of the same value."""
    EXPECTATION_CHANGED = "expectation-changed"
    """A test expects another value of the same expression."""
    TEST_CHANGED = "test-changed"
    """A test asserts something else, of no known strength, or replaces what it tested by a stand-in."""
    COLLECTION_NARROWED = "collection-narrowed"
    """The runner's configuration leaves tests out or judges them more mildly."""
    RUNNER_HOOKED = "runner-hooked"
    """A hook or fixture can skip tests or change their outcomes."""
    RUNNER_PATCHED = "runner-patched"
    """The test runner's own code is replaced."""
    PROCESS_ENDED = "process-ended"
    """The process of the tests ends early, as if all was well."""
    ALWAYS_EQUAL = "always-equal"
    """An object compares equal to everything."""
    STARTUP_CODE_ADDED = "startup-code-added"
    """A file is new that runs before the tests do, or that stands in for the runner."""
    COMMAND_CHANGED = "command-changed"
    """The command that runs the tests, whose exit code is all that is known of them, does something else."""
    TEST_DETECTED = "test-detected"
    """The code asks whether it is being tested."""
    ANSWER_HARD_CODED = "answer-hard-coded"
    """The code returns the expected value for exactly the input of a test."""
    SECRET_ADDED = "secret-added"  # noqa: S105 - the name of a kind
    """Something that looks like a key or password is new."""
    UNREADABLE = "unreadable"
    """A test file that could be parsed no longer can."""


class IntegrityFinding(Value):
    """One thing a patch does that casts doubt on its success.

    `path` is relative and POSIX; `line` counts from 1 in the text after the change, or before it when the thing is
    gone, 0 when there is no line. `test_id` is a pytest node id without parameters, None when no single test is meant.
    """

    kind: IntegrityKind
    severity: Severity
    path: str
    line: int
    what: str
    test_id: str | None = None
