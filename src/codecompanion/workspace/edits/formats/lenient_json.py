"""JSON as models write it: newlines in strings, unknown escapes, trailing commas, Python's quotes and names."""

import json
import re
from typing import Any

_SPACE = re.compile(r"(?:[\s\u00a0\ufeff]|//[^\n]*|/\*[^*]{0,500}\*/)*")
_PLAIN = {'"': re.compile(r'[^"\\]*'), "'": re.compile(r"[^'\\]*")}
_WORD = re.compile(r"[A-Za-z_][\w$-]*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'", "\n": ""}
_KEY = re.compile(r""""\w+"\s*:""")
"""What follows where a model has forgotten the comma."""
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_HEX_DIGIT = re.compile(r"[0-9a-fA-F]")
_PYTHON_HEX = re.compile(r"x[0-9a-fA-F]{2}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}")
"""How Python writes characters that cannot be seen."""
MAX_DEPTH = 40


class TooDeep(ValueError):
    """More brackets are open than any call has."""


def read_value(text: str, at: int) -> tuple[Any, int]:
    """Return the value that begins at a position, and where it ends.

    Raises:
        ValueError: There is no whole value; the last argument is the position.
    """
    # Not by `json` first: its errors count the lines before them, which takes for ever where many brackets begin no JSON.
    return _value(text, at, 0)


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    at = _skip(text, at)
    if depth > MAX_DEPTH:
        raise TooDeep("it is nested too deeply", at)
    match text[at : at + 1]:
        case "{":
            return _object(text, at + 1, depth)
        case "[":
            return _array(text, at + 1, depth)
        case '"' | "'":
            return _string(text, at)
        case _:
            return _word(text, at)


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while (at := _skip(text, at)) < len(text) and text[at] != "}":
        key, at = _string(text, at) if text[at] in "\"'" else _name(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError("a colon is missing", at)
        value, end = _value(text, at + 1, depth + 1)
        if key in found and found[key] != value:
            raise ValueError(f"the name {key!r} stands twice, with two values", at)
        found[key] = value
        at = _comma(text, end, "}")
    return found, _closed(text, at)


def _array(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while (at := _skip(text, at)) < len(text) and text[at] != "]":
        value, at = _value(text, at, depth + 1)
        found.append(value)
        at = _comma(text, at, "]")
    return found, _closed(text, at)


def _comma(text: str, at: int, end: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return at + 1
    if text[at : at + 1] != end and not (end == "}" and _KEY.match(text, at)):
        raise ValueError("a comma or an end is missing", at)
    return at


def _closed(text: str, at: int) -> int:
    if at >= len(text):
        raise ValueError("it ends too early", at)
    return at + 1


def _string(text: str, at: int) -> tuple[str, int]:
    quote = text[at]
    fence = text[at : at + 3]
    if fence in ('"""', "'''") and (end := text.find(fence, at + 3)) > 0:
        return text[at + 3 : end], end + 3
    parts: list[str] = []
    at += 1
    while True:
        plain = _PLAIN[quote].match(text, at)
        assert plain
        parts.append(plain[0])
        at = plain.end()
        if at >= len(text):
            raise ValueError("a string is not closed", at)
        if text[at] == quote:
            return _paired("".join(parts)), at + 1
        part, at = _escape(text, at + 1, quote)
        parts.append(part)


def _escape(text: str, at: int, quote: str) -> tuple[str, int]:
    escape = text[at : at + 1]
    if quote == "'" and (found := _PYTHON_HEX.match(text, at)):
        return chr(int(found[0][1:], 16)), found.end()
    if escape == "u" and (found := _HEX.match(text, at + 1)):
        return chr(int(found[0], 16)), found.end()
    if escape == "u" and _HEX_DIGIT.match(text, at + 1):
        raise ValueError("a \\u escape has fewer than four digits", at)
    # What JSON does not know was meant as it stands: a model has forgotten to double the backslash.
    return _ESCAPES.get(escape, f"\\{escape}"), at + 1


def _paired(text: str) -> str:
    if not re.search("[\ud800-\udfff]", text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _name(text: str, at: int) -> tuple[str, int]:
    found = _WORD.match(text, at)
    if found is None:
        raise ValueError("a name is missing", at)
    return found[0], found.end()


def _word(text: str, at: int) -> tuple[Any, int]:
    word, end = _name(text, at)
    if word in _WORDS:
        return _WORDS[word], end
    try:
        return json.loads(word), end
    except ValueError:
        raise ValueError("a value is missing", at) from None


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found
    return found.end()
