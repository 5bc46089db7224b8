"""Put an import where a person would: beside those of its kind at the head of the file."""

import ast
import sys
from collections.abc import Collection
from itertools import takewhile

from codecompanion.workspace.tidying.modules import Imported, Module

_WIDTH = 88
_FUTURE, _STANDARD, _INSTALLED, _OWN, _RELATIVE = range(5)


def with_import(module: Module, imported: Imported, own: Collection[str]) -> str:
    """Return the text of a file with one more import. `own` are the project's top-level names."""
    lines = module.lines
    end = _line_end(module.text)
    statement = _relative(module, imported) or imported
    if widened := _widened(module, statement, lines):
        line, text = widened
        lines[line - 1] = text + end
        return "".join(lines)
    return _inserted(module, lines, statement.statement() + end, own)


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _relative(module: Module, imported: Imported) -> Imported | None:
    """Return the import as a relative one, when the file imports from its package that way."""
    uses_relative = any(isinstance(node, ast.ImportFrom) and node.level for node in module.tree.body)
    if not (uses_relative and imported.attribute and module.package):
        return None
    package = module.package + "."
    if not imported.module.startswith(package):
        return None
    return Imported("." + imported.module.removeprefix(package), imported.attribute, imported.bound, 0, optional=False)


def _widened(module: Module, imported: Imported, lines: list[str]) -> tuple[int, str] | None:
    """Return a line that imports from the same module already, with the name added; None when there is none of simple form."""
    for node in module.tree.body:
        if (
            isinstance(node, ast.ImportFrom)
            and imported.attribute
            and "." * node.level + (node.module or "") == imported.module
        ):
            old = lines[node.lineno - 1].rstrip()
            written = [f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in node.names]
            if old != f"from {imported.module} import {', '.join(written)}":
                continue
            new = imported.statement().partition(" import ")[2]
            names = sorted([*written, new]) if written == sorted(written) else [*written, new]
            text = f"from {imported.module} import {', '.join(names)}"
            if len(text) <= _WIDTH:
                return node.lineno, text
    return None


def _inserted(module: Module, lines: list[str], text: str, own: Collection[str]) -> str:
    end, kind = _line_end(module.text), _kind_of(text.split()[1], own)
    head = [(node, _kind_of_node(node, own)) for node in _head(module.tree)]
    before = [node for node, other in head if other <= kind]
    if before:
        has_peers = _kind_of_node(before[-1], own) == kind
        place, new = _last_line(before[-1]), [text] if has_peers else [end, text]
    else:
        place, new = _first_line(module), [text, end]
        if not head and _begins_with_definition(module.tree):
            new.append(end)
    if place and not lines[place - 1].endswith("\n"):
        lines[place - 1] += end
    return "".join([*lines[:place], *new, *lines[place:]])


def _head(tree: ast.Module) -> list[ast.stmt]:
    """Return the imports at the head of a module, up to the first other statement."""
    body = tree.body[1:] if ast.get_docstring(tree, clean=False) is not None else tree.body
    return list(takewhile(lambda node: isinstance(node, ast.Import | ast.ImportFrom), body))


def _first_line(module: Module) -> int:
    """Return how many lines stand before the imports of a module: its docstring and the blank line after, or comments."""
    body = module.tree.body
    if ast.get_docstring(module.tree, clean=False) is not None:
        end = _last_line(body[0])
        return end + 1 if "".join(module.lines[end : end + 1]) in ("\n", "\r\n") else end
    return min((node.lineno for node in body[0:1] + getattr(body[0], "decorator_list", [])), default=1) - 1 if body else 0


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _begins_with_definition(tree: ast.Module) -> bool:
    return bool(tree.body) and isinstance(tree.body[0], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _kind_of_node(node: ast.stmt, own: Collection[str]) -> int:
    if isinstance(node, ast.ImportFrom) and node.level:
        return _RELATIVE
    named = (
        node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name if isinstance(node, ast.Import) else ""
    )
    return _kind_of(named, own)


def _kind_of(module: str, own: Collection[str]) -> int:
    if module.startswith("."):
        return _RELATIVE
    top = module.partition(".")[0]
    if top == "__future__":
        return _FUTURE
    if top in sys.stdlib_module_names:
        return _STANDARD
    return _OWN if top in own else _INSTALLED
