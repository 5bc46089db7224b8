"""Run the tests of the fault matrix in full and keep what they measured, row by row.

    PYTHONPATH=tests python benchmarks/faults.py [F07 F17 ...]

`CODECOMPANION_FAULTS=full` is set: where a test is a sample by default (kills at a few points, a server that is away for some
seconds), it does all that the row asks. The servers are those of the tests: PostgreSQL, Redis and NATS on this machine. With
rows that are named nothing is kept, their table is printed.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from log import machine, row, save

from fault_matrix import ROOT, Row, numbers_of, rows

HEADING = "## Faults"


@dataclass
class Seen:
    """What came of the tests of a row. `figures` are what they measured."""

    passed: int = 0
    skipped: int = 0
    failed: int = 0
    seconds: float = 0
    figures: list[str] = field(default_factory=list[str])

    def add(self, case: ET.Element) -> None:
        """Count a test in."""
        self.skipped += (skipped := case.find("skipped") is not None)
        self.failed += (failed := case.find("failure") is not None or case.find("error") is not None)
        self.passed += not (skipped or failed)
        self.seconds += float(case.get("time", 0))
        self.figures += [str(one.get("value")) for one in case.iterfind("properties/property")]


def run(asked: list[Row], report: Path) -> list[ET.Element]:
    """Run the tests of rows and return what came of each."""
    environ = {**os.environ, "CODECOMPANION_FAULTS": "full"}
    files = dict.fromkeys(file for one in asked for file in one.files)
    numbers = " or ".join(one.number for one in asked)
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "-k", numbers, *files]
    subprocess.run(command, cwd=ROOT, env=environ, check=False)
    return ET.parse(report).getroot().findall(".//testcase")


def by_row(cases: list[ET.Element]) -> dict[str, Seen]:
    """Return what came of the tests of each row."""
    found: dict[str, Seen] = {}
    for case in cases:
        for number in numbers_of(str(case.get("name"))):
            found.setdefault(number, Seen()).add(case)
    return found


def table(asked: list[Row], found: dict[str, Seen]) -> list[str]:
    """Return the lines of the table."""
    lines = [row("row", "fault", "passed", "skipped", "failed", "s", "measured"), row(*["---"] * 2, *["---:"] * 4, "---")]
    for one in asked:
        seen = found.get(one.number, Seen())
        counts = (str(count) for count in (seen.passed, seen.skipped, seen.failed))
        lines.append(row(one.number, one.fault, *counts, f"{seen.seconds:.1f}", "; ".join(dict.fromkeys(seen.figures))))
    return lines


def main() -> None:
    """Run the tests, print the table and keep it in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    wanted = parser.parse_args().rows
    load = os.getloadavg()[0]
    asked = [one for one in rows() if one.number in wanted or not wanted]
    with TemporaryDirectory() as folder:
        lines = table(asked, by_row(run(asked, Path(folder) / "report.xml")))
    command = "PYTHONPATH=tests python benchmarks/faults.py"
    text = "\n".join([HEADING, "", f"`{command}` ({machine(load)})", "", *lines])
    print(text)
    if not wanted:
        save(text, HEADING)


if __name__ == "__main__":
    main()
