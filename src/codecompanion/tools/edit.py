"""Let a model change files by edit blocks."""

import ast
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio.to_thread
from pydantic_ai import ModelRetry, RunContext

from codecompanion.safe_open import read_file
from codecompanion.tools.desk import Desk
from codecompanion.tools.showing import cut_line

Stamp = tuple[int, int, int]


async def edit(ctx: RunContext[Desk], blocks: str) -> str:
    """Change, create or delete files. All blocks are applied, or none when one does not fit; then you are told which and why.

    Args:
        blocks: One or more blocks. Each is the path of a file on a line of its own, then "<<<<<<< SEARCH", the lines as they
            are now (enough of them to be unique; none for a new file), "=======", the lines that replace them, and
            ">>>>>>> REPLACE". A unified diff is also read.
    """
    if not blocks.strip():
        raise ModelRetry("blocks must not be empty")
    desk = ctx.deps
    before = await anyio.to_thread.run_sync(_stamps, desk.root, await desk.list_paths())
    applied, message = await desk.apply_edits(blocks)
    if not applied:
        return desk.redact(message)
    after = await anyio.to_thread.run_sync(_stamps, desk.root, await desk.list_paths())
    changed = [path for path, stamp in after.items() if before.get(path) != stamp]
    broken = await anyio.to_thread.run_sync(unparsable, desk.root, changed)
    return desk.redact("\n".join([message, *broken]))


def _stamps(root: Path, paths: Sequence[str]) -> Mapping[str, Stamp]:
    """Return what changes when a Python file is written, by path."""
    found: dict[str, Stamp] = {}
    for path in paths:
        if path.endswith((".py", ".pyi")):
            try:
                status = (root / path).lstat()
            except OSError:
                continue
            found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def unparsable(root: Path, paths: Sequence[str]) -> list[str]:
    """Return a sentence for each Python file that does not parse, with the line where it stops making sense."""
    return [sentence for path in paths if (sentence := _why_not(root, path))]


def _why_not(root: Path, path: str) -> str:
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    try:
        content = read_file(root, path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(content)
    except SyntaxError as error:
        where = f"line {error.lineno}" if error.lineno else "somewhere"
        line = f"\n  {cut_line(error.text.strip())}" if error.text else ""
        return f"But {path} no longer parses ({python}): {where}: {error.msg}. Mend it first.{line}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"But {path} no longer parses ({python}): {error}."
    except OSError:
        return ""
    return ""
