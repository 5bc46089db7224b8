"""Say which files mean something else than before: their syntax trees differ in more than the white space of docstrings.

    same_meaning.py BEFORE AFTER

Both are folders; every file of the first is compared with that of the second. The answer is a JSON list of paths.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import warnings


def main() -> None:
    """Compare the folders."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(10_000)
    before, after = sys.argv[1:]
    paths = [os.path.relpath(os.path.join(folder, name), before) for folder, _, names in os.walk(before) for name in names]  # noqa: PTH118 - for any Python
    json.dump([path for path in sorted(paths) if _meaning(before, path) != _meaning(after, path)], sys.stdout)


def _meaning(folder: str, path: str) -> str:
    with open(os.path.join(folder, path), "rb") as file:  # noqa: PTH118, PTH123 - for any Python
        try:
            tree = ast.parse(file.read())
        except (SyntaxError, ValueError, RecursionError) as error:
            return "{} {}".format(folder, error)  # noqa: UP032 - never equal to the other's
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            _settle_docstring(node)
    return ast.dump(tree)


def _settle_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    # Formatters indent docstrings anew and strip their lines.
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        first.value.value = " ".join(first.value.value.split())


if __name__ == "__main__":
    main()
