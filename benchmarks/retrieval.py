"""Measure finding files beside rank-bm25 and aider's repo map, in one run.

    python -m venv PEERS && PEERS/bin/pip install aider-chat rank-bm25   # aider pins old packages: an environment of its own
    python benchmarks/retrieval.py FOLDER --peers PEERS/bin/python [--limit N]

FOLDER holds files of cases (benchmarks/localization.py says what they are). Prints Markdown.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import mean, median
from typing import Any

METRICS = ("recall@1", "recall@5", "recall@10", "MRR")
HERE = Path(__file__).parent
Row = dict[str, Any]


def main() -> None:
    """Run every localizer on every file of cases and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", help="the interpreter that has aider-chat and rank-bm25; without it only ours is run")
    parser.add_argument("--limit", type=int, default=-1, help="at most so many cases of each repository")
    args = parser.parse_args()
    pythons = {"codecompanion": sys.executable}
    if args.peers:
        pythons |= {"rank-bm25": args.peers, "aider repo map": args.peers}
    files = sorted(args.folder.glob("*.jsonl.gz"))
    rows = {name: [row for file in files for row in run(python, name, file, args.limit)] for name, python in pythons.items()}
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} at the end\n")
    print_table(rows)
    print()
    print_repositories(rows["codecompanion"])


def run(python: str, name: str, file: Path, limit: int) -> list[Row]:
    """Run a localizer in its interpreter over the cases of one repository."""
    command = [python, str(HERE / "localizers.py"), name, str(file), str(limit)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    print(f"{name}: {file.name}", file=sys.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"id"')]


def print_table(rows: dict[str, list[Row]]) -> None:
    """Print what each localizer found and how long it took."""
    times = "first index, CPU s per 1,000 files | next index, CPU ms | query p50 / p95, CPU ms"
    print(f"| localizer | cases | {' | '.join(METRICS)} | {times} |")
    print(f"| --- | ---: |{' ---: |' * (len(METRICS) + 3)}")
    for name, found in rows.items():
        cold = [row for row in found if row["cold"]]
        per_1000 = 1000 * sum(row["index_s"] for row in cold) / sum(row["files"] for row in cold)
        following = 1000 * median([row["index_s"] for row in found if not row["cold"]] or [0])
        asked = sorted(1000 * row["query_s"] for row in found)
        took = f"{per_1000:.2f} | {following:.0f} | {median(asked):.1f} / {asked[int(0.95 * len(asked))]:.1f}"
        print(f"| {name} | {len(found)} | {' | '.join(f'{mean(row[m] for row in found):.3f}' for m in METRICS)} | {took} |")


def print_repositories(rows: list[Row]) -> None:
    """Print what ours found in each repository."""
    print(f"| repository | cases | {' | '.join(METRICS)} |\n| --- | ---: |{' ---: |' * len(METRICS)}")
    for repository in dict.fromkeys(row["repository"] for row in rows):
        found = [row for row in rows if row["repository"] == repository]
        print(f"| {repository} | {len(found)} | {' | '.join(f'{mean(row[m] for row in found):.3f}' for m in METRICS)} |")


if __name__ == "__main__":
    main()
