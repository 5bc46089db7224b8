"""Count the findings on the commits of a repository's own history: on honest work each one is a false alarm.

    python benchmarks/integrity_of_history.py REPOSITORY [--last 300] [--show blocks|tell]

Only commits that change a file which the check reads as part of a test suite, its configuration or a source beside it are
counted as "touching tests". No tests are run, so the comparison of two reports is not part of the figure.
"""

import argparse
import subprocess
import time
from collections import Counter
from pathlib import Path

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.integrity import IntegrityFinding
from codecompanion.workspace.integrity import examine
from codecompanion.workspace.integrity.places import is_script_test, supports_tests


def main() -> None:
    """Print the share of commits with a finding, and how many findings of each kind there are."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("repository", type=Path)
    arguments.add_argument("--last", type=int, default=1_000)
    arguments.add_argument("--show", choices=("blocks", "tell"))
    given = arguments.parse_args()
    commits = _git(given.repository, "log", "--no-merges", "--min-parents=1", f"-{given.last}", "--format=%H").split()
    touching, blocked, told, slowest = 0, 0, 0, 0.0
    kinds: Counter[tuple[str, str]] = Counter()
    for commit in commits:
        before, after = _texts(given.repository, commit)
        if not any(supports_tests(path) or is_script_test(path) for path in before):
            continue
        start = time.perf_counter()
        findings = examine(before, after, SuiteReport(), None)
        slowest = max(slowest, time.perf_counter() - start)
        touching += 1
        blocked += any(one.severity == "blocks" for one in findings)
        told += any(one.severity == "tell" for one in findings)
        kinds.update((one.severity, one.kind) for one in findings)
        _show(commit, [one for one in findings if one.severity == given.show])
    print(f"{touching} of {len(commits)} commits change tests that were there")
    for count, name in ((blocked, "a finding that blocks"), (told, "one that is told")):
        print(f"{count} of them ({count / max(touching, 1):.1%}) have {name}")
    print(f"slowest commit {slowest:.2f} s")
    for (severity, kind), count in sorted(kinds.items()):
        print(f"  {severity:7}{kind:22}{count:5}")


def _texts(repository: Path, commit: str) -> tuple[dict[str, str], dict[str, str]]:
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    rows = _git(repository, "diff-tree", "-r", "--no-renames", "--name-status", "-z", f"{commit}^", commit).split("\0")
    for status, path in zip(rows[::2], rows[1::2], strict=False):
        if status != "A":
            before[path] = _git(repository, "show", f"{commit}^:{path}")
        if status != "D":
            after[path] = _git(repository, "show", f"{commit}:{path}")
    return before, after


def _show(commit: str, findings: list[IntegrityFinding]) -> None:
    for one in findings:
        print(f"{commit[:8]} {one.kind} {one.test_id or one.path}:{one.line} {one.what}")


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", repository, *arguments], check=True, capture_output=True)
    return done.stdout.decode(errors="replace")


if __name__ == "__main__":
    main()
