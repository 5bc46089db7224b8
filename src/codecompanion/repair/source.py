"""One source file: its text by byte offsets, its tree, and the pieces that can be replaced in it."""

import ast
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from codecompanion.repair.parsing import parse_module

Function = ast.FunctionDef | ast.AsyncFunctionDef
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes from `start` up to `end` of a file by a text."""

    start: int
    end: int
    text: str


class SourceFile:
    """A parsed file. Offsets count bytes of its UTF-8 text; line ends are kept as they are.

    Args:
        path: Relative to the project's root, POSIX.
        data: The file's bytes.

    Raises:
        SyntaxError: It is not Python.
        UnicodeDecodeError: It is not UTF-8.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.text = data.decode()
        self.tree = parse_module(data)
        self._starts = [0]
        for line in data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Every node's parent."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a node's position; `line` counts from 1, `column` in bytes from 0."""
        return self._starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler) -> tuple[int, int]:
        """Return where a node's text begins and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def segment(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler) -> str:
        """Return a node's text."""
        start, end = self.span(node)
        return self.data[start:end].decode()

    def line_start(self, line: int) -> int:
        """Return the offset of a line's first byte; one past the last line is the end of the file."""
        return self._starts[min(line, len(self._starts)) - 1]

    def indent(self, stmt: ast.stmt) -> str:
        """Return the white space before a statement."""
        return self.data[self.line_start(stmt.lineno) :][: stmt.col_offset].decode()

    def line_of(self, offset: int) -> int:
        """Return the number of the line that holds an offset, from 1."""
        return bisect_right(self._starts, offset)

    def starts_line(self, stmt: ast.stmt) -> bool:
        """Whether nothing but white space stands before a statement on its line."""
        return not self.indent(stmt).strip()

    def apply(self, edits: tuple[Edit, ...]) -> bytes:
        """Return the file's bytes with edits that do not overlap."""
        data = self.data
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
            data = data[: edit.start] + edit.text.encode() + data[edit.end :]
        return data

    def chain(self, node: ast.AST) -> list[ast.AST]:
        """Return a node's ancestors, the module first, the node itself last."""
        nodes = [node]
        while nodes[-1] in self.parents:
            nodes.append(self.parents[nodes[-1]])
        return nodes[::-1]

    def functions(self) -> Iterator[Function]:
        """Yield the outermost functions in order: those of the module and of its classes."""
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            for child in ast.iter_child_nodes(waiting.pop(0)):
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield child
                elif isinstance(child, ast.stmt | ast.excepthandler):
                    waiting.append(child)

    def outermost_function(self, node: ast.AST) -> Function | None:
        """Return the outermost function around a node, None at module and class level."""
        return next((n for n in self.chain(node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)), None)

    def qualified_name(self, node: ast.AST) -> str:
        """Return the dotted name of the scope that holds a node, "" for the module itself."""
        return ".".join(n.name for n in self.chain(node) if isinstance(n, SCOPES))
