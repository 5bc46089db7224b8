"""The table of docs/FAULTS.md: each fault, what is promised under it, and the files whose tests show that."""

import ast
import os
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs/FAULTS.md"
FULL = os.environ.get("CODECOMPANION_FAULTS") == "full"
"""Whether a test that is a sample by default does all that its row asks."""
NUMBER = re.compile(r"(?<![a-zA-Z0-9])[fF](\d\d)(?=[_ ])")
"""How a test bears the number of a row: `test_f01_f05_a_run`, or `F31 529` as the id of a case."""


@dataclass(frozen=True)
class Row:
    """A row. `state` is "held", "in part" or "not held"."""

    number: str
    fault: str
    promise: str
    state: str
    shown: str

    @property
    def files(self) -> list[str]:
        """Return the test files that it names."""
        return re.findall(r"`(tests/[^`]+)`", self.shown)


def rows() -> list[Row]:
    """Return the rows of the table, in its order."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines if re.match(r"\| F\d\d ", line)]


def numbers_of(name: str) -> set[str]:
    """Return the numbers that the name of a test or of a case bears, "F07" say."""
    return {f"F{number}" for number in NUMBER.findall(name.replace("test_", " "))}


def numbers_in(path: Path) -> set[str]:
    """Return the numbers that the tests of a file bear, in their names or in the ids of their cases."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("test_"):
                found |= numbers_of(name)
            case ast.keyword(arg="id", value=ast.Constant(value=str(name))):
                found |= numbers_of(name)
            case _:
                pass
    return found
