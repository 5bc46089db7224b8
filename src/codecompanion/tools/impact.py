"""Which files of a Python project a change can reach, by what they import."""

import ast
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from codecompanion.safe_open import read_file

MOST_FILES = 3000
"""In a larger project reading all imports takes longer than it saves."""
_LARGEST_BYTES = 1_000_000


def reached(root: Path, paths: Sequence[str], changed: Iterable[str]) -> frozenset[str] | None:
    """Return the files that are changed or import, over any number of steps, one that is.

    Args:
        root: The absolute path of the worktree.
        paths: All its files, relative and POSIX.
        changed: The paths that differ from the base; deleted ones count as well.

    Returns:
        None when it cannot be told: something else than Python changed, a conftest did, or there are too many files.
    """
    wanted = set(changed)
    sources = [path for path in paths if path.endswith((".py", ".pyi"))]
    if len(sources) > MOST_FILES or any(not path.endswith(".py") or path.endswith("conftest.py") for path in wanted):
        return None
    files = _files_by_name({*sources, *wanted})
    importers: dict[str, set[str]] = defaultdict(set)
    for path in sources:
        for name in _imports(root, path):
            for target in files.get(name, ()):
                importers[target].add(path)
    found, waiting = set(wanted), list(wanted)
    while waiting:
        new = importers[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return frozenset(found)


def _files_by_name(paths: Iterable[str]) -> dict[str, set[str]]:
    """Return the files that a module name can mean: every ending of a path, since import roots are many."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        parts = path.rpartition(".")[0].split("/")
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        for start in range(len(parts)):
            found[".".join(parts[start:])].add(path)
    return found


def _imports(root: Path, path: str) -> set[str]:
    """Return the names that a file imports, with those above them: to import a.b is to run a as well."""
    try:
        content = read_file(root, path, most_bytes=_LARGEST_BYTES)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = {name for node in ast.walk(tree) for name in _named(node, path)}
    return {".".join(parts[:end]) for name in names for parts in [name.split(".")] for end in range(1, len(parts) + 1)}


def _named(node: ast.AST, path: str) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            above = path.split("/")[:-level] if level else []
            base = ".".join([*above, *([module] if module else [])])
            yield from ([base] if base else [])
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in names)
        case _:
            return
