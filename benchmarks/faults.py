"""Run the tests of the fault matrix in full and keep what they measured, row by row.

    PYTHONPATH=tests python benchmarks/faults.py [F07 F17 ...]

`CODECOMPANION_FAULTS` is "full" unless you set it: where a test is a sample by default (kills at a few points, one way to stop
a server), it does all that the row asks. The servers are those of the tests: PostgreSQL, Redis and NATS on this machine. What
came of each test file is kept in .bench/faults, so that rows can be renewed alone: the table is made of all that is there.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from log import machine, row, save

from fault_matrix import ROOT, Row, numbers_in, numbers_of, rows

HEADING = "## Faults"
KEPT = ROOT / ".bench/faults"


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


def report_of(file: str) -> Path:
    """Return where it is kept what came of the numbered tests of a file."""
    return KEPT / f"{file.replace('/', '-')}.xml"


def run(file: str) -> None:
    """Run the numbered tests of a file and keep what came of each."""
    numbers = " or ".join(sorted(numbers_in(ROOT / file)))
    command = [sys.executable, "-m", "pytest", "-q", "-o", "junit_family=xunit1", f"--junitxml={report_of(file)}"]
    environ = {"CODECOMPANION_FAULTS": "full", **os.environ}
    subprocess.run([*command, "-k", numbers, file], cwd=ROOT, env=environ, check=False)


def cases(file: str) -> list[ET.Element]:
    """Return what came of the tests of a file when it was last run."""
    report = report_of(file)
    return ET.parse(report).getroot().findall(".//testcase") if report.exists() else []


def by_row(found_cases: Iterable[ET.Element]) -> dict[str, Seen]:
    """Return what came of the tests of each row."""
    found: dict[str, Seen] = {}
    for case in found_cases:
        for number in numbers_of(str(case.get("name"))):
            found.setdefault(number, Seen()).add(case)
    return found


def table(asked: list[Row], found: dict[str, Seen]) -> list[str]:
    """Return the lines of the table; a row of which nothing is kept has none."""
    lines = [row("row", "fault", "passed", "skipped", "failed", "s", "measured"), row(*["---"] * 2, *["---:"] * 4, "---")]
    for one in (one for one in asked if one.number in found):
        seen = found[one.number]
        counts = (str(count) for count in (seen.passed, seen.skipped, seen.failed))
        lines.append(row(one.number, one.fault, *counts, f"{seen.seconds:.1f}", "; ".join(dict.fromkeys(seen.figures))))
    return lines


def main() -> None:
    """Run the tests, print the table and keep it in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    wanted = parser.parse_args().rows
    load = os.getloadavg()[0]
    KEPT.mkdir(parents=True, exist_ok=True)
    for file in dict.fromkeys(file for one in rows() if one.number in wanted or not wanted for file in one.files):
        run(file)
    files = sorted({file for one in rows() for file in one.files})
    lines = table(rows(), by_row(case for file in files for case in cases(file)))
    command = "PYTHONPATH=tests python benchmarks/faults.py"
    text = "\n".join([HEADING, "", f"`{command}` ({machine(load)})", "", *lines])
    print(text)
    save(text, HEADING)


if __name__ == "__main__":
    main()
