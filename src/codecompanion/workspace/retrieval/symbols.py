"""The symbols a file defines, with their lines and signatures, from a real parse (tree-sitter)."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser, Query, QueryCursor

from codecompanion.workspace.retrieval.languages import Language
from codecompanion.workspace.retrieval.parsers import grammar_of

_QUERIES: dict[Language, tuple[str, ...]] = {
    Language.JAVASCRIPT: ("script", "javascript"),
    Language.TYPESCRIPT: ("script", "typescript"),
    Language.TSX: ("script", "typescript"),
}
"""The parts of a language's query; of those that are not named here it is in one file."""

_LONGEST_SIGNATURE = 160
_BODIES = frozenset(
    ("block", "statement_block", "class_body", "declaration_list", "compound_statement", "field_declaration_list")
)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition.

    Attributes:
        name: As written, with its owner where the language writes it ("Shape::area").
        kind: "class", "function", "type" or "constant".
        first_line: Counted from 1.
        last_line: The last line that belongs to it.
        signature: What stands in front of its body, on one line.
        depth: How many other symbols enclose it.
    """

    name: str
    kind: str
    first_line: int
    last_line: int
    signature: str
    depth: int


def symbols_of(text: str, language: Language | None) -> list[Symbol]:
    """Return a file's symbols in the order of their lines; none for an unknown language. Of broken code what can be read."""
    if language is None:
        return []
    grammar, query = _loaded(language)
    source = text.encode(errors="replace")
    root = Parser(grammar).parse(source).root_node
    found = {
        (node.start_byte, node.end_byte): (node, captures["name"][0], kind)
        for _, captures in QueryCursor(query).matches(root)
        for kind, [node, *_] in captures.items()
        if kind != "name"
    }
    return _nested(list(found.values()), source)


@lru_cache
def _loaded(language: Language) -> tuple[Grammar, Query]:
    grammar, folder = grammar_of(language), files("codecompanion.workspace.retrieval.grammars")
    parts = _QUERIES.get(language, (language.value,))
    return grammar, Query(grammar, "".join(folder.joinpath(f"{part}.scm").read_text("utf-8") for part in parts))


def _nested(found: list[tuple[Node, Node, str]], source: bytes) -> list[Symbol]:
    symbols: list[Symbol] = []
    open_ends: list[int] = []
    for node, name, kind in sorted(found, key=lambda item: (item[0].start_byte, -item[0].end_byte)):
        while open_ends and node.start_byte >= open_ends[-1]:
            open_ends.pop()
        symbols.append(
            Symbol(
                name=_text(source, name.start_byte, name.end_byte),
                kind=kind,
                first_line=node.start_point[0] + 1,
                last_line=max(node.end_point[0] + (node.end_point[1] > 0), node.start_point[0] + 1),
                signature=_signature(node, source),
                depth=len(open_ends),
            )
        )
        open_ends.append(node.end_byte)
    return symbols


def _signature(node: Node, source: bytes) -> str:
    body = _body(node)
    end = body.start_byte if body is not None else node.end_byte
    text = " ".join(_text(source, node.start_byte, end).split()).rstrip(" {:=;")
    text = text.replace("( ", "(").replace(", )", ")").replace(" )", ")")
    return text if len(text) <= _LONGEST_SIGNATURE else f"{text[: _LONGEST_SIGNATURE - 3]}..."


def _body(node: Node) -> Node | None:
    """Return the body of a definition; the definition may be wrapped in a declaration or an assignment."""
    direct = node.child_by_field_name("body")
    if direct is not None:
        return direct
    for child in node.named_children:
        if child.type in _BODIES:
            return child
        for part in ("value", "right", "body"):
            inner = child.child_by_field_name(part)
            if inner is not None:
                return inner if part == "body" else inner.child_by_field_name("body")
        if child.type in ("assignment_expression", "variable_declarator", "type_spec"):
            return _body(child)
    return None


def _text(source: bytes, start: int, end: int) -> str:
    return source[start:end].decode(errors="replace")
