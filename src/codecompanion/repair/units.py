"""Cut the function around an edit out of its file, so that the test server compiles that function alone."""

import __future__

import ast
from dataclasses import dataclass
from typing import Any

from codecompanion.repair.source import Edit, Function, SourceFile


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change of one file (`source`, which may itself hold an earlier edit), not yet judged.

    `template` names the kind of edit, `prior` is its estimated probability, `line` and `function` say where it is,
    `description` is a line for a person, `rank` its place in the order of the search.
    """

    source: SourceFile
    edits: tuple[Edit, ...]
    template: str
    prior: float
    line: int
    function: str
    description: str
    rank: int = -1

    @property
    def path(self) -> str:
        """The file, relative to the project's root."""
        return self.source.path

    @property
    def holder(self) -> Function | None:
        """The outermost function that the change lies in, None at module and class level."""
        functions = (f for f in self.source.functions() if f.lineno <= self.line <= (f.end_lineno or 0) + 1)
        return next(functions, None)

    def changed_text(self) -> str:
        """Return the file's whole new text."""
        return self.source.apply(self.edits).decode()


def first_line(function: Function) -> int:
    """Return the line that a function's code object carries: that of its first decorator, if any."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def future_flags(tree: ast.Module) -> int:
    """Return the compiler flags of a module's `from __future__` lines."""
    names = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    flags = 0
    for name in names:
        flags |= getattr(__future__, name).compiler_flag
    return flags


def unit_of(candidate: Candidate, root: str) -> dict[str, Any] | None:
    """Return what the server needs to swap the code of the one function that a candidate changes; see `cut`."""
    return cut(candidate.source, candidate.edits, root)


def cut(source: SourceFile, edits: tuple[Edit, ...], root: str) -> dict[str, Any] | None:
    """Return what the server needs to swap the code of the one function that all edits lie in.

    None when they lie outside of functions, in several, or in a decorator.
    """
    function = _holder(source, edits)
    if function is None:
        return None
    start = source.line_start(function.lineno)
    end = source.span(function)[1]
    grown = sum(len(edit.text.encode()) - (edit.end - edit.start) for edit in edits)
    text = source.apply(edits)[start : end + grown].decode()
    shells, names = _shells(source, function)
    blank = "\n" * (function.lineno - 1 - len(shells))
    return {
        "path": f"{root}/{source.path}",
        "line": first_line(function),
        "names": [*names, function.name],
        "source": blank + "".join(shells) + text + "\n",
        "flags": future_flags(source.tree),
        "defaults": any(edit.start < source.line_start(function.body[0].lineno) for edit in edits),
    }


def _holder(source: SourceFile, edits: tuple[Edit, ...]) -> Function | None:
    for function in source.functions():
        start, end = source.span(function)
        if all(start <= edit.start and start < edit.end <= source.line_start((function.end_lineno or 0) + 1) for edit in edits):
            inside = all(edit.start <= end and source.starts_line(function) for edit in edits)
            return function if inside else None
    return None


def _shells(source: SourceFile, function: Function) -> tuple[list[str], list[str]]:
    """Return the lines that open the blocks around a function, and the names of its classes."""
    shells: list[str] = []
    names: list[str] = []
    for node in source.chain(function)[1:-1]:
        if isinstance(node, ast.ClassDef):
            shells.append(f"{source.indent(node)}class {node.name}:\n")
            names.append(node.name)
        elif isinstance(node, ast.stmt):
            shells.append(f"{source.indent(node)}if 1:\n")
    return shells, names
