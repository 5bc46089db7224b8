"""How many responses are applied right, beside other appliers in the same run.

    python benchmarks/edits.py CASES.jsonl.gz [--peers PYTHON] [--limit N]

CASES holds one JSON object per line: `files`, `result` (only what changes, null for a deleted file), `response`, `format`,
`tier`, `expect` (exact, either, reject or unchanged), `chat_files`, `symlinks`, `outside`. PYTHON is an interpreter that has
the peers, which pin old packages and so need an environment of their own:

    python -m venv peers && peers/bin/pip install whatthepatch unidiff aider-chat

Right is: the exact files where they are expected, nothing changed where a refusal is. Prints a Markdown table.
"""

import argparse
import base64
import gzip
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from codecompanion.workspace.edits import apply_response

Case = dict[str, Any]
Applier = Callable[[Path, Case], bool]
PEERS = {
    "whatthepatch": ("udiff", "git_patch"),
    "unidiff": ("udiff", "git_patch"),
    "aider": ("search_replace", "udiff", "git_patch"),
    "patch": ("udiff", "git_patch"),
    "git": ("udiff", "git_patch"),
}
NEEDS_PACKAGES = ("whatthepatch", "unidiff", "aider")


def content(value: str | Mapping[str, str]) -> bytes:
    """Return a file's bytes as a case tells them."""
    return value.encode() if isinstance(value, str) else base64.b64decode(value["b64"])


def tree(root: Path) -> dict[str, bytes | str]:
    """Return the files and links of a folder, git's own left out."""
    found: dict[str, bytes | str] = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if not name.startswith(".git/") and (path.is_symlink() or path.is_file()):
            found[name] = str(path.readlink()) if path.is_symlink() else path.read_bytes()
    return found


@contextmanager
def workspace(case: Case) -> Generator[tuple[Path, Path]]:
    """Give a folder with the files of a case, and the one beside it that must not be touched."""
    with TemporaryDirectory() as folder:
        root, outside = Path(folder, "ws"), Path(folder, "outside")
        for base, files in ((root, case["files"]), (outside, case["outside"])):
            base.mkdir()
            for name, value in files.items():
                (base / name).parent.mkdir(parents=True, exist_ok=True)
                (base / name).write_bytes(content(value))
        for name, target in case["symlinks"].items():
            (root / name).symlink_to(target)
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        yield root, outside


def judged(case: Case, apply: Applier) -> tuple[str, float]:
    """Return 'right', 'refused', 'wrong' (said to be applied, but it is not) or 'partial', and the milliseconds it took."""
    with workspace(case) as (root, outside):
        before, beside = tree(root), tree(outside)
        wanted: dict[str, bytes | str] = {
            **before,
            **{name: content(value) for name, value in case["result"].items() if value is not None},
        }
        wanted = {name: value for name, value in wanted.items() if case["result"].get(name, "") is not None}
        text = case["response"].replace("{{ROOT}}", str(root)).replace("{{OUTSIDE}}", str(outside))
        begun = time.perf_counter()
        ok = apply(root, {**case, "response": text})
        took = (time.perf_counter() - begun) * 1000
        after = tree(root)
        changed = after != before or tree(outside) != beside
    if case["expect"] in ("exact", "either") and after == wanted:
        return "right", took
    if changed:
        return "wrong" if ok else "partial", took
    return "refused" if case["expect"] == "exact" else "right", took


def ours(root: Path, case: Case) -> bool:
    """Apply with CodeCompanion, told the form."""
    return bool(apply_response(root, case["response"], case["format"], case["chat_files"])["ok"])


def ours_unhinted(root: Path, case: Case) -> bool:
    """Apply with CodeCompanion, not told the form."""
    return bool(apply_response(root, case["response"], None, case["chat_files"])["ok"])


@contextmanager
def peer(name: str, python: str) -> Generator[Applier]:
    """Give an applier that asks a process of the peer's own interpreter."""
    argv = [python, str(Path(__file__).with_name("edit_peers.py")), name]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:

        def apply(root: Path, case: Case) -> bool:
            assert process.stdin
            assert process.stdout
            asked = {"root": str(root), **{key: case[key] for key in ("response", "format", "chat_files")}}
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            return bool(json.loads(process.stdout.readline())["ok"])

        yield apply
        process.kill()


def row(name: str, cases: Sequence[Case], apply: Applier) -> str:
    """Return one row of the table."""
    judgements = [judged(case, apply) for case in cases]
    counted = Counter(verdict for verdict, _ in judgements)
    share = 100 * counted["right"] / len(cases)
    rest = " | ".join(str(counted[verdict]) for verdict in ("refused", "wrong", "partial"))
    return f"| {name} | {len(cases)} | {share:.1f} | {rest} | {median(took for _, took in judgements):.1f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--peers", help="an interpreter with whatthepatch, unidiff and aider-chat")
    parser.add_argument("--limit", type=int)
    args = parser.parse_args()
    with gzip.open(args.cases, "rt", encoding="utf-8") as file:
        cases: list[Case] = [json.loads(line) for line in file][: args.limit]
    print("| applier | cases | right, % | refused, though it fits | silently wrong | partial | median ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    print(row("CodeCompanion", cases, ours))
    print(row("CodeCompanion, not told the form", cases, ours_unhinted), flush=True)
    for name, forms in PEERS.items():
        if name in NEEDS_PACKAGES and not args.peers:
            continue
        some = [case for case in cases if case["format"] in forms]
        with peer(name, args.peers if name in NEEDS_PACKAGES else sys.executable) as apply:
            print(row(name, some, apply), flush=True)
        print(row(f"CodeCompanion on the forms of {name}", some, ours), flush=True)


if __name__ == "__main__":
    main()
