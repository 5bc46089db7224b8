"""Measure `codecompanion locate` on a large tree: processor time and peak memory, first without an index, then with it.

    python benchmarks/retrieval_scale.py FOLDER FILES

FOLDER holds files of cases (benchmarks/localization.py); their contents, each without 2 % of its lines and with one of its own,
are written until there are FILES files. Prints Markdown.
"""

import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from localization import read_cases

OBJECTIVE = "retry the request when the connection to the upstream server is closed"
KEPT = 0.98


def main(folder: Path, files: int) -> None:
    """Write the tree, ask twice, print."""
    with TemporaryDirectory(prefix="scale-") as scratch:
        root = Path(scratch) / "tree"
        size = write_tree(root, list(contents(folder)), files)
        print(f"{files} files, {size / 1e6:.0f} MB\n\n| | CPU s | peak MB of both so far |\n| --- | ---: | ---: |")
        for name in ("without an index", "with an index"):
            print(f"| {name} | {ask(root, Path(scratch) / 'state'):.1f} | {peak_mb():.0f} |")


def contents(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the ending and the lines of every file of the first case of each repository."""
    for file in sorted(folder.glob("*.jsonl.gz")):
        case = next(read_cases(file))
        yield from ((Path(path).suffix, text.split("\n")) for path, text in case.files.items() if text)


def write_tree(root: Path, models: list[tuple[str, list[str]]], files: int) -> int:
    """Write files like the models and return their size in characters."""
    chance, size = random.Random(0), 0
    for number in range(files):
        suffix, lines = chance.choice(models)
        text = "\n".join([f"unique{number} = {number}", *(line for line in lines if chance.random() < KEPT)])
        path = root / f"part{number % 97}" / f"piece{number % 1013}" / f"file{number}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        size += len(text)
    return size


def ask(root: Path, state: Path) -> float:
    """Ask once and return the processor time it took, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [Path(sys.executable).with_name("codecompanion"), "locate", OBJECTIVE, "-C", root, "--quiet"]
    subprocess.run(command, env={**os.environ, "CODECOMPANION_STATE_DIR": str(state)}, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_mb() -> float:
    """Return the largest memory that any child had, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
