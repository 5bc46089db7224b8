"""Python as text."""

import ast
import warnings


def parsed(text: str) -> ast.Module | None:
    """Return the tree of a module, None when it is no Python or nested too deeply; warnings are for whoever wrote it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
