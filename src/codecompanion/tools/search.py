"""Let a model look for a pattern in the files."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream
from pydantic_ai import ModelRetry, RunContext

from codecompanion.domain.counting import counted
from codecompanion.tools.desk import Desk
from codecompanion.tools.showing import readable

MOST_HITS = 60
MOST_CONTEXT = 5
LIMIT_S = 10.0
"""A pattern that takes longer is stopped; what was found by then is shown."""
MEMORY_BYTES = 1024**3
LONGEST_LINE = 300
_LONGEST_ANSWER = 1024**2
_WORKER = Path(__file__).with_name("search_worker.py")


@dataclass(slots=True)
class _Found:
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    error: str = ""
    files: int = 0
    complete: bool = False
    ended: bool = False

    def take(self, fields: dict[str, Any]) -> None:
        if "error" in fields:
            self.error, self.ended = fields["error"], True
        elif "files" in fields:
            self.files, self.complete, self.ended = fields["files"], fields["complete"], True
        else:
            self.rows.append(fields)


async def search(
    ctx: RunContext[Desk], pattern: str, path_glob: str = "", context: int = 0, *, ignore_case: bool = False
) -> str:
    r"""Search the text files of the worktree line by line for a Python regular expression. Shows at most 60 hits.

    Args:
        pattern: The regular expression, such as "def total\\(".
        path_glob: Only files like this, such as "*.py", "src/**/*.ts" or a folder; "" for all.
        context: How many lines to show before and after each hit, at most 5.
        ignore_case: Whether upper and lower case are the same.
    """
    desk = ctx.deps
    if not pattern or context < 0:
        raise ModelRetry("pattern must not be empty and context not negative")
    paths = [path for path in await desk.list_paths() if matches(path, path_glob)]
    if not paths:
        return f"No file is like {path_glob!r}." if path_glob else "There are no files."
    asked = {"root": str(desk.root), "paths": paths, "pattern": pattern, "ignore_case": ignore_case}
    limits = {"context": min(context, MOST_CONTEXT), "most_hits": MOST_HITS, "seconds": 2 * int(LIMIT_S)}
    found = await _run({**asked, **limits, "memory_bytes": MEMORY_BYTES})
    if found.error:
        raise ModelRetry(f"pattern is no regular expression: {found.error}")
    return desk.redact(_shown(found, len(paths), with_context=context > 0))


def matches(path: str, glob: str) -> bool:
    """Whether a path is like a glob: a name, a folder, or a pattern in which `**/` also stands for no folder."""
    glob = glob.strip().removeprefix("./").rstrip("/")
    if glob in ("", ".", "**", "*"):
        return True
    if path == glob or path.startswith(f"{glob}/"):
        return True
    if "/" not in glob:
        return fnmatchcase(PurePosixPath(path).name, glob)
    return fnmatchcase(path, glob) or fnmatchcase(path, glob.replace("**/", ""))


async def _run(asked: dict[str, Any]) -> _Found:
    found = _Found()
    argv = [sys.executable, "-I", "-S", str(_WORKER)]
    process = await anyio.open_process(argv, env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        with anyio.move_on_after(LIMIT_S):
            await _talk(process, json.dumps(asked).encode(), found)
    finally:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.aclose()
    return found


async def _talk(process: Process, request: bytes, found: _Found) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    answer = BufferedByteReceiveStream(process.stdout)
    try:
        await process.stdin.send(request)
        await process.stdin.aclose()
        while not found.ended:
            found.take(json.loads(await answer.receive_until(b"\n", _LONGEST_ANSWER)))
    except (anyio.BrokenResourceError, anyio.EndOfStream, anyio.IncompleteRead, anyio.ClosedResourceError):
        return  # its memory or its time was used up: what it said until then stands


def _shown(found: _Found, searched: int, *, with_context: bool) -> str:
    hits = sum(row["hit"] for row in found.rows)
    rows = _rows(found.rows, with_context=with_context)
    if not found.ended:
        end = f"[stopped: the pattern took more than {LIMIT_S:g} s or too much memory; make it simpler or name fewer files]"
    elif not found.complete:
        end = f"[only the first {MOST_HITS} hits are shown: narrow the pattern or path_glob]"
    else:
        end = f"[{counted(hits, 'hit')} in {counted(searched, 'file')} searched]" if hits else ""
    return "\n".join(part for part in (*rows, end) if part) or f"No hit in {counted(searched, 'file')}."


def _rows(rows: Sequence[dict[str, Any]], *, with_context: bool) -> list[str]:
    shown: list[str] = []
    before: tuple[str, int] | None = None
    told: dict[tuple[str, int], int] = {}
    for row in rows:
        here = (row["path"], row["line"])
        place = f"{row['line']}" if with_context else f"{readable(row['path'])}:{row['line']}"
        text = f"{place}{':' if row['hit'] else '-'} {_cut(readable(row['text']))}"
        if here in told:
            shown[told[here]] = text if row["hit"] else shown[told[here]]
            continue
        if with_context and (before is None or before[0] != row["path"]):
            shown.append(readable(row["path"]))
        elif with_context and before != (row["path"], row["line"] - 1):
            shown.append("--")
        told[here] = len(shown)
        shown.append(text)
        before = here
    return shown


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} [...]"
