"""One statement under suspicion, and what a template may ask about its surroundings."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from codecompanion.repair.parsing import parse_expression
from codecompanion.repair.scope import Scope
from codecompanion.repair.source import Edit, SourceFile
from codecompanion.repair.templates.precedence import needs_parentheses

Block = list[ast.stmt]


@dataclass(frozen=True, slots=True)
class Proposal:
    """An edit that a template offers. `weight` compares it with the template's other offers at the same statement."""

    edit: Edit
    weight: float = 1.0
    more: tuple[Edit, ...] = ()


class Site:
    """A statement with the expressions that belong to it, but not to statements inside it."""

    def __init__(self, source: SourceFile, stmt: ast.stmt, scope: Scope) -> None:
        self.source = source
        self.stmt = stmt
        self.scope = scope

    @cached_property
    def nodes(self) -> tuple[ast.expr, ...]:
        """The statement's own expressions whose text can be replaced, outer ones first."""
        return tuple(node for node in _own_expressions(self.stmt) if self._is_written(node))

    def of(self, *kinds: type[ast.expr]) -> Iterator[ast.expr]:
        """Yield the expressions of some kinds."""
        return (node for node in self.nodes if isinstance(node, kinds))

    def text(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """Return a node's text."""
        return self.source.segment(node)

    def operand(self, node: ast.expr) -> str:
        """Return a node's text so that it can stand beside any operator."""
        text = self.text(node)
        return (
            f"({text})"
            if isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp | ast.Lambda | ast.UnaryOp)
            else text
        )

    def parent(self, node: ast.AST) -> ast.AST:
        """Return the node that holds another."""
        return self.source.parents[node]

    def replace(self, node: ast.expr, text: str, weight: float = 1.0) -> Proposal:
        """Offer another text for an expression, in parentheses where its place asks for them."""
        start, end = self.source.span(node)
        if needs_parentheses(text, node, self.parent(node)) and not self._is_parenthesised(start, end):
            text = f"({text})"
        return Proposal(Edit(start, end, text), weight)

    @cached_property
    def block(self) -> tuple[Block, int] | None:
        """The list of statements that holds this one, and its place in it.

        None for a definition, for an `elif`, and for a statement that shares its line with another.
        """
        if self.text(self.stmt).startswith("elif"):
            return None
        if isinstance(self.stmt, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or not self.source.starts_line(
            self.stmt
        ):
            return None
        holder = self.parent(self.stmt)
        for name in ("body", "orelse", "finalbody"):
            body: Block = getattr(holder, name, None) or []
            if self.stmt in body:
                return body, body.index(self.stmt)
        return None

    def loop(self) -> ast.AST | None:
        """Return the innermost loop around the statement inside its function, None without one."""
        for node in reversed(self.source.chain(self.stmt)[:-1]):
            if isinstance(node, ast.For | ast.While | ast.AsyncFor):
                return node
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                return None
        return None

    def insert_before(self, text: str, weight: float = 1.0) -> Proposal:
        """Offer a new statement before this one; `text` has no indentation of its own."""
        start = self.source.line_start(self.stmt.lineno)
        return Proposal(Edit(start, start, self._indented(text) + "\n"), weight)

    def insert_after(self, text: str, weight: float = 1.0) -> Proposal:
        """Offer a new statement after this one, at the same depth."""
        end = self.source.span(self.stmt)[1]
        return Proposal(Edit(end, end, "\n" + self._indented(text)), weight)

    def replace_statement(self, text: str, weight: float = 1.0) -> Proposal:
        """Offer another statement in place of this one."""
        start, end = self.source.span(self.stmt)
        return Proposal(Edit(start, end, self._indented(text).lstrip()), weight)

    def _indented(self, text: str) -> str:
        indent = self.source.indent(self.stmt)
        return "\n".join(indent + line if line else line for line in text.split("\n"))

    def _is_parenthesised(self, start: int, end: int) -> bool:
        data = self.source.data
        return data[start - 1 : start] == b"(" and data[end : end + 1] == b")"

    def _is_written(self, node: ast.expr) -> bool:
        """Whether the node's text is really its own: inside f-strings positions are not reliable before Python 3.12."""
        if not any(isinstance(n, ast.JoinedStr) for n in self.source.chain(node)[:-1]):
            return True
        try:
            parsed = parse_expression(self.text(node))
        except (SyntaxError, UnicodeDecodeError, ValueError):
            return False
        return ast.dump(parsed) == ast.dump(node)


def _own_expressions(stmt: ast.stmt) -> Iterator[ast.expr]:
    waiting: list[ast.AST] = [stmt]
    while waiting:
        node = waiting.pop(0)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
                continue
            if isinstance(child, ast.expr):
                yield child
            waiting.append(child)
