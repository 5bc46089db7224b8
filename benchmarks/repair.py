"""What the repairer repairs, and how fast, on a set of faulty projects.

    python benchmarks/repair.py SET.tar.xz [--only ID,...] [--timeout 120] [--python PYTHON] [--weak-sandbox]

A set holds folders with `case.json`, `project/` (with failing tests) and `hidden/`: tests that only the judge sees, which
find the project by the variable PROJECT_DIR. The best patch is written and judged: it is plausible when the visible tests
pass in a clean process, correct when the hidden ones pass too. Prints a Markdown table.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any

import anyio

from codecompanion.domain.project import TestSuite
from codecompanion.domain.repair import RepairResult, RepairTask
from codecompanion.ports import Sandbox, SearchProgress
from codecompanion.repair.search import SearchRepairer
from codecompanion.workspace.checks import CagedChecks
from codecompanion.workspace.detection import ProjectDetector
from codecompanion.workspace.sandboxes.choose import choose_sandbox

JUDGE_S = 300.0
SUSPECTS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One case's result. `located` is None when the case does not say where its fault is."""

    name: str
    plausible: bool
    correct: bool
    located: bool | None
    seconds: float
    tried: int
    score: float
    patch: str


async def repair(
    project: Path, meta: dict[str, Any], sandbox: Sandbox, python: str, timeout_s: float
) -> tuple[RepairResult, float]:
    """Measure the project's tests and let the repairer search; return its answer and the seconds of both."""
    suite = TestSuite(runner="pytest", args=tuple(meta.get("test_args", ["tests"])))
    profile = await ProjectDetector().profile(project, python=python)
    assert profile.interpreter is not None
    started = time.monotonic()
    base = await CagedChecks(sandbox).measure(project, suite, profile.interpreter, timeout_s=timeout_s)
    task = RepairTask(
        root=str(project),
        interpreter=profile.interpreter,
        suite=suite,
        failing=base.report.failing,
        passing=base.report.passing,
        messages={outcome.test_id: outcome.message for outcome in base.report.outcomes if outcome.message},
        timeout_s=timeout_s,
    )
    result = await SearchRepairer(sandbox).repair(task, on_progress=_ignore)
    return result, time.monotonic() - started


def _ignore(_progress: SearchProgress) -> None:
    """The benchmark shows finished cases only."""


def passes(python: str, folder: Path, args: Sequence[str], project: Path) -> bool:
    """Whether tests pass in a clean process."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PROJECT_DIR": str(project)}
    argv = [python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *args]
    try:
        return subprocess.run(argv, cwd=folder, env=env, capture_output=True, timeout=JUDGE_S, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def judge(case: Path, meta: dict[str, Any], result: RepairResult, python: str) -> tuple[bool, bool]:
    """Write the first patch that the visible tests confirm; return whether there is one and whether the hidden tests agree."""
    project = case / "project"
    for patch in result.patches[:SUSPECTS]:
        before = {path: (project / path).read_bytes() for path in patch.files}
        for path, text in patch.files.items():
            (project / path).write_bytes(text.encode())
        if passes(python, project, meta.get("test_args", ["tests"]), project):
            return True, passes(python, case / "hidden", meta.get("hidden_args", ["test_hidden.py"]), project)
        for path, data in before.items():
            (project / path).write_bytes(data)
    return False, False


async def run_case(case: Path, sandbox: Sandbox, python: str, timeout_s: float) -> Row:
    """Repair and judge one case."""
    meta = json.loads(await anyio.Path(case / "case.json").read_text(encoding="utf-8"))
    result, seconds = await repair(case / "project", meta, sandbox, python, timeout_s)
    plausible, correct = judge(case, meta, result, python)
    unit = meta.get("unit", "").rpartition(".")[2]
    found = [suspect.function.rpartition(".")[2] for suspect in result.suspects[:SUSPECTS]]
    patch, score = (result.patches[0].description, result.patches[0].score) if result.patches else ("", 0.0)
    return Row(case.name, plausible, correct, unit in found if unit else None, seconds, result.candidates_tried, score, patch)


def table(name: str, rows: Sequence[Row], timeout_s: float) -> str:
    """Return the summary of a set as a row of a Markdown table, under its heading."""
    located = [row.located for row in rows if row.located is not None]
    share = f"{sum(located)} of {len(located)}" if located else ""
    seconds = [row.seconds for row in rows]
    return (
        "| set | cases | plausible | correct | right function among five | median s | mean s | limit s |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        f"| {name} | {len(rows)} | {sum(row.plausible for row in rows)} | {sum(row.correct for row in rows)} | {share} "
        f"| {median(seconds):.1f} | {mean(seconds):.1f} | {timeout_s:g} |"
    )


def cases_in(folder: Path, only: str) -> list[Path]:
    """Return the cases of an unpacked set, all or those named."""
    cases = sorted(path.parent for path in folder.rglob("case.json"))
    return [case for case in cases if not only or case.name in only.split(",")]


async def main(options: argparse.Namespace) -> None:
    """Run the set case by case."""
    sandbox = await choose_sandbox(allow_weak=options.weak_sandbox)
    with TemporaryDirectory(prefix="repair-") as folder, tarfile.open(options.set) as tar:
        tar.extractall(folder, filter="data")
        rows: list[Row] = []
        for case in cases_in(Path(folder), options.only):
            rows.append(await run_case(case, sandbox, options.python, options.timeout))
            print(rows[-1], file=sys.stderr, flush=True)
    print(table(Path(options.set).name.partition(".")[0], rows, options.timeout))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--timeout", type=float, default=120.0)
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has what the projects need")
    parser.add_argument("--weak-sandbox", action="store_true")
    anyio.run(main, parser.parse_args())
