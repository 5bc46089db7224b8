"""Calls with their results that a docstring gives as examples."""

import ast
import doctest
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codecompanion.repair.parsing import parse_expression
from codecompanion.repair.source import Function

CALL = r"(?:>>>\s*|[-*]\s*|For example:?\s*)?(\w+\(.*\))"
GIVES = r"(?:==>|==|=>|=|➞|->|→|-->|returns?|should return|# *returns?)"
ARROW = re.compile(rf"^\s*{CALL}\s*{GIVES}\s*(.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Example:
    """Positional arguments (plain literals) and the text of the expected result."""

    arguments: tuple[object, ...]
    expected: object


def examples(function: Function) -> tuple[Example, ...]:
    """Return the examples of a function's docstring whose arguments and result are literals."""
    text = ast.get_docstring(function) or ""
    found = [*_doctests(text), *_arrows(text)]
    parsed = (_example(function.name, call, result) for call, result in found)
    return tuple(example for example in parsed if example is not None)


def prose(function: Function) -> str:
    """Return a function's docstring without its examples."""
    text = ast.get_docstring(function) or ""
    try:
        parts = doctest.DocTestParser().parse(text)
    except ValueError:
        return text
    told = "".join(part for part in parts if isinstance(part, str))
    return "\n".join(line for line in told.splitlines() if not ARROW.match(line))


def _doctests(text: str) -> Iterator[tuple[str, str]]:
    try:
        for example in doctest.DocTestParser().get_examples(text):
            if example.want:
                yield example.source, example.want
    except ValueError:
        return


def _arrows(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        match = ARROW.match(line)
        if match:
            yield match[1], match[2]


def _example(name: str, call: str, result: str) -> Example | None:
    try:
        tree = parse_expression(call.strip())
        if not isinstance(tree, ast.Call) or tree.keywords or not isinstance(tree.func, ast.Name) or tree.func.id != name:
            return None
        return Example(
            tuple(ast.literal_eval(argument) for argument in tree.args), ast.literal_eval(result.strip().rstrip("."))
        )
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
