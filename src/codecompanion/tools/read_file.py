"""Let a model read a window of one file."""

import stat
from pathlib import Path

import anyio.to_thread
from pydantic_ai import ModelRetry, RunContext

from codecompanion import safe_open
from codecompanion.domain.counting import counted
from codecompanion.tools.desk import Desk
from codecompanion.tools.places import NoSuchPlace, near, place
from codecompanion.tools.showing import cut_line, readable, size_of

MOST_LINES = 500
MOST_CHARACTERS = 30_000
LARGEST_BYTES = 1_000_000
_LOOKED_AT_BYTES = 8192


async def read_file(ctx: RunContext[Desk], path: str, first_line: int = 1, lines: int = 200) -> str:
    """Read a text file of the worktree, with line numbers. Says how many lines there are and how to go on.

    Args:
        path: Relative to the root of the worktree, such as "src/app.py".
        first_line: The first line to show, counted from 1.
        lines: How many lines to show, at most 500.
    """
    if first_line < 1 or lines < 1:
        raise ModelRetry("first_line and lines are counted from 1")
    desk = ctx.deps
    try:
        relative = place(desk.root, path)
    except NoSuchPlace as why:
        return str(why)
    paths = await desk.list_paths()
    if relative not in paths:
        relative = await anyio.to_thread.run_sync(_followed, desk.root, relative)
    file = desk.root / relative
    if relative not in paths:
        return await anyio.to_thread.run_sync(_missing, file, relative, paths)
    content = await anyio.to_thread.run_sync(_content, desk.root, relative)
    if isinstance(content, bytes):
        return desk.redact(_window(relative, content, first_line, min(lines, MOST_LINES)))
    return f"{relative!r} {content}"


def _followed(root: Path, relative: str) -> str:
    # `place` has made sure that no symlink leads out.
    return (root / relative).resolve().relative_to(root.resolve()).as_posix()


def _missing(file: Path, relative: str, paths: tuple[str, ...]) -> str:
    if file.is_dir():
        return f"{relative!r} is a folder: look into it with list_files."
    if file.exists():
        return f"{relative!r} is ignored by .gitignore or .agentsignore and is not shown."
    return f"There is no file {relative!r}.{near(relative, paths)}"


def _content(root: Path, path: str) -> bytes | str:
    """Return a file's bytes, or why they are not shown."""
    try:
        status = (root / path).stat()
        if not stat.S_ISREG(status.st_mode):
            return "is no plain file."
        if status.st_size > LARGEST_BYTES:
            return (
                f"has {size_of(status.st_size)}, too much to show: look for lines with search, or cut some out with a command."
            )
        content = safe_open.read_file(root, path, most_bytes=LARGEST_BYTES, links=True)
    except OSError as error:
        return f"cannot be read: {error.strerror}."
    if b"\0" in content[:_LOOKED_AT_BYTES]:
        return f"is binary ({size_of(len(content))}) and is not shown."
    return content


def _window(path: str, content: bytes, first: int, count: int) -> str:
    lines = content.decode(errors="replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        return f"{path} is empty."
    if first > len(lines):
        return f"{path} has only {counted(len(lines), 'line')}: read it from an earlier line."
    shown: list[str] = []
    used = 0
    for number, line in enumerate(lines[first - 1 : first - 1 + count], first):
        row = f"{number:>5} | {cut_line(readable(line))}"
        if shown and used + len(row) > MOST_CHARACTERS:
            break
        shown.append(row)
        used += len(row)
    last = first + len(shown) - 1
    more = f"\n[{counted(len(lines) - last, 'more line')}: go on with first_line={last + 1}]" if last < len(lines) else ""
    return f"{path}, lines {first} to {last} of {len(lines)}\n" + "\n".join(shown) + more
