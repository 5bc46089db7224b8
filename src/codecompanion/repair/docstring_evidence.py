"""What a function's name and docstring say for an edit: operators, numbers, strings and names that they speak of."""

import ast
import re
from collections.abc import Iterator

from codecompanion.repair.docstring_examples import prose
from codecompanion.repair.parsing import parse_module
from codecompanion.repair.units import Candidate

WORDS: dict[type[ast.AST], str] = {
    ast.Lt: r"below|less|smaller|fewer|under|negative|before|lower than|shorter",
    ast.Gt: r"above|greater|larger|more than|bigger|exceed\w*|positive|after|longer",
    ast.LtE: r"at most|up to|not (?:greater|more|larger)|no more than|inclusive|or (?:less|equal)",
    ast.GtE: r"at least|not (?:less|smaller)|no less than|inclusive|or (?:more|greater|equal)",
    ast.Mod: r"modulo|remainder|divisible|even|odd|rotat\w*|cyclic",
    ast.Pow: r"square\w*|cube\w*|power",
    ast.Not: r"not|no|without|except",
    ast.NotIn: r"not|no|without|except",
    ast.NotEq: r"not|differ\w*|unequal|except",
}
MARKS = {
    " ": r"spaces?|blanks?", ",": r"commas?", ".": r"dots?|periods?|points?", "-": r"hyphens?|dash(?:es)?|minus", "+": r"plus",
    "_": r"underscores?", ":": r"colons?", ";": r"semicolons?", "\n": r"new ?lines?|line breaks?|lines", "\t": r"tabs?",
    "/": r"slash(?:es)?", "\\": r"backslash(?:es)?", "*": r"asterisks?|stars?", "|": r"pipes?|bars?", "#": r"hash(?:es)?",
}  # fmt: skip
SPOKEN_OF = 2.0
NAMED = 1.4
SHORTEST_NAME = 3


def evidence(candidate: Candidate) -> float:
    """Return a factor of at least 1: how much more the docstring speaks for what the edit brings in."""
    function = candidate.holder
    if function is None:
        return 1.0
    text = f"{function.name.replace('_', ' ')} {prose(function)}".lower()
    return max((weight for weight in _weights(candidate, text)), default=1.0)


def _weights(candidate: Candidate, text: str) -> Iterator[float]:
    edit = candidate.edits[0]
    old = candidate.source.data[edit.start : edit.end].decode()
    known = {_sign(node) for node in _nodes(old)}
    for node in _nodes(edit.text):
        if _sign(node) in known:
            continue
        if (type(node) in WORDS and re.search(rf"\b(?:{WORDS[type(node)]})\b", text)) or (
            isinstance(node, ast.Constant) and _is_quoted(node.value, text)
        ):
            yield SPOKEN_OF
        elif isinstance(node, ast.Name | ast.Attribute) and _is_named(node, text):
            yield NAMED


def _nodes(text: str) -> list[ast.AST]:
    try:
        return list(ast.walk(parse_module(text.strip())))
    except SyntaxError:
        return []


def _sign(node: ast.AST) -> str:
    """Return what two nodes share that bring in the same."""
    if isinstance(node, ast.Constant | ast.Name):
        return ast.dump(node)
    return node.attr if isinstance(node, ast.Attribute) else type(node).__name__


def _is_quoted(value: object, text: str) -> bool:
    """Whether a docstring shows a string in quotes or calls it by name, or shows a number (not 0 or 1: they are everywhere)."""
    if isinstance(value, str):
        is_called = value in MARKS and re.search(rf"\b(?:{MARKS[value]})\b", text) is not None
        return is_called or f"'{value.lower()}'" in text or f'"{value.lower()}"' in text
    is_telling = isinstance(value, int | float) and value not in (0, 1)
    return is_telling and re.search(rf"(?<![\w.]){re.escape(str(value))}(?![\w.])", text) is not None


def _is_named(node: ast.Name | ast.Attribute, text: str) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr
    return len(name) >= SHORTEST_NAME and re.search(rf"\b{re.escape(name.lower())}", text) is not None
