"""Say which files mean something else than before: their syntax trees differ in more than the looks of docstrings.

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
        _settle(node)
    return ast.dump(tree)


def _settle(node: ast.AST) -> None:
    """Take away what has a syntax and no meaning."""
    if isinstance(node, ast.Constant):
        node.kind = None  # u"text"
    elif isinstance(node, ast.Delete):
        node.targets = [part for target in node.targets for part in getattr(target, "elts", [target])]  # del (a, b)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        # Formatters indent docstrings anew, strip their lines, and may format the code in them.
        node.value.value = "".join(filter(str.isalnum, node.value.value))


if __name__ == "__main__":
    main()
