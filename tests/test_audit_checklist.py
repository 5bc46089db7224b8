"""The table of the audit cannot rot: what it names as proof exists."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHECKLIST = ROOT / "docs/AUDIT_CHECKLIST.md"
STATES = {"met", "answered", "open"}
LEAST_ROWS = 120
"""The audit has that many promises when those of one sort are told together."""


@dataclass(frozen=True)
class Row:
    """A promise, how it stands, and how that is shown."""

    section: str
    promise: str
    state: str
    how: str

    @property
    def proofs(self) -> list[str]:
        """Paths, with `::` and a test's name after some."""
        return [word for word in re.findall(r"`([^` ]+)`", self.how) if "/" in word or "." in word]


def rows() -> list[Row]:
    lines = CHECKLIST.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| (\d|end)", line)]
    return [Row(*row) for row in cells]


def test_every_row_has_one_of_three_states_and_says_how() -> None:
    found = rows()
    assert len(found) >= LEAST_ROWS
    for row in found:
        assert row.state in STATES, row
        assert row.how, row


def test_every_file_and_test_that_is_named_exists() -> None:
    for row in rows():
        for proof in row.proofs if row.state != "open" else []:
            path, _, test = proof.partition("::")
            assert (ROOT / path).exists(), row
            assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), row


def test_what_is_met_is_shown_by_a_file_or_a_row_that_shows_it() -> None:
    for row in rows():
        if row.state == "met":
            assert row.proofs or "make " in row.how or re.search(r"\brows? \d|rows above|ruff", row.how), row
