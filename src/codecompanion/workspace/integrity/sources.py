"""Find what a source file does to please tests."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from codecompanion.domain.python_text import parsed
from codecompanion.workspace.integrity.detecting import detects_tests, hard_coded
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.outright import always_equal, exits, patches


def examine_source(before: str | None, after: str, known: Callable[[], Sequence[frozenset[str]]]) -> Iterator[Doubt]:
    """Yield what is new in a source and treats tests in a special way.

    `before` is None for a new file. `known` gives the constants of each assertion of the tests; it is asked only when needed.
    """
    new, old = parsed(after), parsed(before) if before is not None else None
    if new is None:
        return
    yield from detects_tests(old, new)
    yield from hard_coded(old, new, known)
    had = Counter(one.what for one in _outright(old)) if old else Counter[str]()
    for doubt in _outright(new):
        if had[doubt.what]:
            had[doubt.what] -= 1
        else:
            yield doubt


def _outright(tree: ast.Module) -> Iterator[Doubt]:
    yield from always_equal(tree)
    yield from exits(tree, everywhere=False)
    yield from patches(tree)
