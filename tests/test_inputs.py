"""The table of bad inputs cannot rot: every class has a test in each file of its row, and that test is collected."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs/INPUTS.md"
CLASSES = [f"C{number:03}" for number in range(1, 229)]
ROW = re.compile(r"\| (C\d{3}) \| (.+) \| (.+) \| (`.+`) \|")
CLASS_IN_AN_ID = re.compile(r"(?<![A-Za-z0-9])[cC](\d{3})(?!\d)")
VERDICTS = re.compile(
    r"\b[45]\d\d\b|exit \d|CC-\d{4}|kept|refused|log corrupt|sent back|connection closed|nobody else waits|as an empty one|"
    r"estimated|20 are carried out|does not apply"
)

pytestmark = pytest.mark.timeout(300)


def rows() -> list[tuple[str, str, list[str]]]:
    """Return the class of each row, what happens, and the files of its tests."""
    found = [ROW.fullmatch(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
    return [(row[1], row[3], re.findall(r"`([^`]+)`", row[4])) for row in found if row]


@pytest.fixture(scope="module")
def collected() -> dict[str, set[str]]:
    """The files in which a test of a class was collected, by class."""
    files = sorted({file for _, _, files in rows() for file in files})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, set[str]] = defaultdict(set)
    for line in done.stdout.splitlines():
        file, _, name = line.partition("::")
        for number in CLASS_IN_AN_ID.findall(name.replace("_", " ")):
            found[f"C{number}"].add(file)
    return found


def test_every_class_has_one_row_which_says_what_happens() -> None:
    assert [name for name, _, _ in rows()] == CLASSES
    assert [name for name, outcome, _ in rows() if not VERDICTS.search(outcome)] == []


def test_every_class_has_a_collected_test_in_each_file_of_its_row(collected: dict[str, set[str]]) -> None:
    missing = [(name, file) for name, _, files in rows() for file in files if file not in collected[name]]
    assert missing == []


def test_no_test_has_the_number_of_a_class_that_there_is_not(collected: dict[str, set[str]]) -> None:
    assert set(collected) == set(CLASSES)
