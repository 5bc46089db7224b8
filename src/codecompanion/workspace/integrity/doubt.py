"""What a change weakens, before it is tied to a file and a test."""

from dataclasses import dataclass

from codecompanion.domain.integrity import IntegrityKind, Severity


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is weaker about a test, not yet tied to the test."""

    kind: IntegrityKind
    severity: Severity
    line: int
    what: str
