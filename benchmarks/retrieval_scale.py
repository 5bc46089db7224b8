"""Measure what a large tree costs: `codecompanion locate` on it, and taking in one changed file.

    python benchmarks/retrieval_scale.py FOLDER FILES

FOLDER holds files of cases (benchmarks/localization.py); their contents, each without 2 % of its lines and with one of its own,
are written until there are FILES files, and the subjects of their commits are given to commits of these files. The tree is a
repository with a `.gitignore` of some twenty lines and these commits. Prints Markdown.
All times are of the processor, children included; the command is measured as a process of its own, from its start to its end.
"""

import os
import platform
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from localization import Case, read_cases

from codecompanion.workspace.retrieval import Retriever
from codecompanion.workspace.retrieval.project import Project, open_worktree

OBJECTIVE = "retry the request when the connection to the upstream server is closed"
KEPT = 0.98
COMMITS = 3000
UPDATES = 20
IGNORED = """\
__pycache__/
*.py[cod]
*.so
*.egg-info/
.venv/
.tox/
.coverage
.pytest_cache/
build/
/dist/
node_modules/
npm-debug.log*
coverage/
.env
*.log
*.tmp
*.swp
.idea/
.vscode/
.DS_Store
"""


def main(folder: Path, files: int) -> None:
    """Write the tree, ask, change, print."""
    with TemporaryDirectory(prefix="scale-") as scratch:
        root, state = Path(scratch) / "tree", Path(scratch) / "state"
        cases = [next(read_cases(file)) for file in sorted(folder.glob("*.jsonl.gz"))]
        texts = write_tree(root, list(contents(cases)), files)
        log = commits([*texts], [commit["s"] for case in cases for commit in case.log])
        commit_all(root, log)
        size = sum(map(len, texts.values())) / 1e6
        machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
        print(f"{files} files, {size:.0f} MB ({machine})\n\n| | CPU s | peak MB so far |\n| --- | ---: | ---: |")
        changed = next(iter(texts))
        for name in ("without an index", "with an index", "with an index and one changed file"):
            if "changed" in name:
                (root / changed).write_text(f"{texts[changed]}\nchanged = 1\n", encoding="utf-8")
            print(f"| {name} | {ask(root, state):.2f} | {peak_mb():.0f} |", flush=True)
        print(f"\n| one changed file of {files} | median CPU ms | slowest of {UPDATES} |\n| --- | ---: | ---: |")
        print(f"| in memory, {COMMITS} commits | {in_memory(texts, log)} |", flush=True)
        print(f"| on disk, the project kept | {anyio.run(on_disk, root, state, texts)} |")


def contents(cases: list[Case]) -> Iterator[tuple[str, list[str]]]:
    """Yield the ending and the lines of every file of some cases."""
    for case in cases:
        yield from ((Path(path).suffix, text.split("\n")) for path, text in case.files.items() if text)


def write_tree(root: Path, models: list[tuple[str, list[str]]], files: int) -> dict[str, str]:
    """Write files like the models and return their texts."""
    chance, texts = random.Random(0), dict[str, str]()
    for number in range(files):
        suffix, lines = chance.choice(models)
        text = "\n".join([f"unique{number} = {number}", *(line for line in lines if chance.random() < KEPT)])
        path = f"part{number % 97}/piece{number % 7}/file{number}{suffix}"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
        texts[path] = text
    return texts


def commits(paths: list[str], subjects: list[str]) -> list[dict[str, Any]]:
    """Return commits of some paths, newest first, as `Retriever.index` takes them."""
    chance = random.Random(0)
    days = (f"20{25 - number // 365:02}-{1 + number % 12:02}-01" for number in range(COMMITS))
    return [{"d": day, "s": chance.choice(subjects), "f": chance.sample(paths, chance.randint(1, 3))} for day in days]


def commit_all(root: Path, log: list[dict[str, Any]]) -> None:
    """Make the tree a repository with these commits; what they hold of the files matters to nobody."""
    (root / ".gitignore").write_text(IGNORED, encoding="utf-8")
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
    stream = "".join(f"{_commit(commit)}{_files(commit, number)}" for number, commit in enumerate(reversed(log)))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=root, input=stream.encode(), check=True)


def _commit(commit: dict[str, Any]) -> str:
    seconds_since_1970 = int(datetime.fromisoformat(f"{commit['d']}T12:00:00+00:00").timestamp())
    who = f"Ada <ada@example.invalid> {seconds_since_1970} +0000"
    return f"commit refs/heads/main\ncommitter {who}\ndata {len(commit['s'].encode())}\n{commit['s']}\n"


def _files(commit: dict[str, Any], number: int) -> str:
    return "".join(f"M 100644 inline {path}\ndata {len(str(number))}\n{number}\n" for path in commit["f"])


def ask(root: Path, state: Path) -> float:
    """Ask once and return the processor time it took, in seconds."""
    command = [Path(sys.executable).with_name("codecompanion"), "locate", OBJECTIVE, "-C", root, "--quiet"]
    environ = {**os.environ, "CODECOMPANION_STATE_DIR": str(state)}
    before = spent_s()
    subprocess.run(command, env=environ, check=True, capture_output=True)
    return spent_s() - before


def spent_s() -> float:
    """Return the processor time of this process and of its children that have ended, in seconds."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak_mb() -> float:
    """Return the largest memory that any child had, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


@dataclass(frozen=True)
class Moment:
    """A tree in memory, as `Retriever.index` takes it."""

    files: dict[str, str]
    ids: dict[str, str]
    log: list[dict[str, Any]]


def in_memory(texts: dict[str, str], log: list[dict[str, Any]]) -> str:
    """Index, then change one file after another, each with a commit, and return two cells: what an update took."""
    chance, paths = random.Random(0), [*texts]
    moment, retriever = Moment(texts, {path: path for path in texts}, log), Retriever()
    retriever.index(moment)
    retriever.rank(OBJECTIVE, 10)
    taken: list[float] = []
    for number, path in enumerate(chance.sample(paths, UPDATES)):
        files = {**moment.files, path: f"{moment.files[path]}\nchanged{number} = 1\n"}
        commit = {"d": "2026-01-01", "s": f"changed{number}", "f": [path]}
        moment = Moment(files, {**moment.ids, path: f"{path} {number}"}, [commit, *moment.log])
        taken.append(seconds(retriever.index, moment))
        retriever.rank(OBJECTIVE, 10)
    return cells(taken)


async def on_disk(root: Path, state: Path, texts: dict[str, str]) -> str:
    """Follow the tree while one file after another changes, and return two cells: what a look at it took."""
    project: Project | None = None
    taken: list[float] = []
    for number, path in enumerate([*texts][: UPDATES + 1]):
        (root / path).write_text(f"{texts[path]}\nagain{number} = 1\n", encoding="utf-8")
        before = spent_s()
        project = await open_worktree(root, root, state, on_progress=nobody, say=nobody, before=project)
        taken.append(spent_s() - before)
    return cells(taken[1:])  # the first look has nothing to go by


def nobody(*_heard: object) -> None:
    """Hear it and do nothing."""


def seconds(job: Callable[[Moment], None], moment: Moment) -> float:
    """Return the processor time of a job, in seconds."""
    before = spent_s()
    job(moment)
    return spent_s() - before


def cells(taken: list[float]) -> str:
    """Return the median and the largest of some times in seconds, as milliseconds."""
    return f"{1000 * median(taken):.0f} | {1000 * max(taken):.0f}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
