"""Wrong strings."""

import ast
from collections.abc import Iterator

from codecompanion.repair.templates.site import Proposal, Site

FAR = 400


def _sites(site: Site) -> Iterator[ast.Constant]:
    for node in site.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        if isinstance(node.value, str) and not isinstance(site.parent(node), ast.JoinedStr | ast.Expr):
            yield node


def others(site: Site) -> Iterator[Proposal]:
    """A string -> another one of the function, of the file, or a common one."""
    for node in _sites(site):
        value = str(node.value)
        near = [text for text in site.scope.strings if text != value]
        far = [text for text in site.scope.index.strings if text != value and text not in near]
        common = [text for text in COMMON if text != value and text not in near]
        for text in near:
            # The empty string is in so many functions that its presence tells little.
            yield site.replace(node, _quoted(text, site.text(node)), 2.0 if text else 1.0)
        for place, text in enumerate(common):
            yield site.replace(node, _quoted(text, site.text(node)), 0.8 / (1 + 0.05 * place))
        for text in far[:FAR]:
            yield site.replace(node, _quoted(text, site.text(node)), 0.7 * _likeness(text, value))


COMMON = (
    " ",
    ",",
    ", ",
    ".",
    "_",
    "-",
    ":",
    "/",
    "\n",
    "=",
    "\\",
    "0",
    "1",
    "|",
    "*",
    "+",
    "'",
    '"',
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "",
)


def edited(site: Site) -> Iterator[Proposal]:
    """A string with another case, a letter less, doubled, swapped."""
    for node in _sites(site):
        value = str(node.value)
        for text, weight in dict.fromkeys(_edits(value)):
            if text != value:
                yield site.replace(node, _quoted(text, site.text(node)), weight)


def together(site: Site) -> Iterator[Proposal]:
    """The case of all strings of a statement."""
    nodes = list(_sites(site))
    if len(nodes) > 1:
        for change in (str.lower, str.upper, str.capitalize, str.title, str.swapcase):
            first, *others = [site.replace(node, _quoted(change(str(node.value)), site.text(node))).edit for node in nodes]
            yield Proposal(first, 1.0, tuple(others))


def _edits(value: str) -> Iterator[tuple[str, float]]:
    yield from ((text, 1.5) for text in (value.lower(), value.upper(), value.capitalize(), value.title(), value.swapcase()))
    yield from (
        (text, 1.0)
        for text in (value.strip(), value + " ", " " + value, value[::-1], value + value.upper(), value + value.lower())
    )
    for at in range(min(len(value), 40)):
        yield value[:at] + value[at + 1 :], 0.8
        yield value[:at] + value[at].swapcase() + value[at + 1 :], 0.8
        yield value[: at + 1] + value[at : at + 1] + value[at + 1 :], 0.3
        yield value[:at] + value[at : at + 2][::-1] + value[at + 2 :], 0.4


def escapes(site: Site) -> Iterator[Proposal]:
    """Regular expressions: another class, quantifier or anchor."""
    for node in _sites(site):
        value = str(node.value)
        for old, new in REGEX:
            start = value.find(old)
            while start >= 0:
                yield site.replace(node, _quoted(value[:start] + new + value[start + len(old) :], site.text(node)))
                start = value.find(old, start + 1)
        if value and (set(value) & set("\\^$*+?[(")):
            for text in ("^" + value, value + "$", "^" + value + "$", value + "+", value + "*", value + "?"):
                yield site.replace(node, _quoted(text, site.text(node)), 0.5)


REGEX = (
    ("\\w", "\\W"), ("\\W", "\\w"), ("\\d", "\\D"), ("\\D", "\\d"), ("\\s", "\\S"), ("\\S", "\\s"), ("\\b", "\\B"),
    ("\\w", "\\d"), ("\\d", "\\w"),
    ("\\d", "\\d+"), ("\\w", "\\w+"), ("\\s", "\\s+"), ("\\w", "\\w*"), ("\\s", "\\s*"), ("]", "]+"), ("]", "]*"),
    (".", ".*"), (".", "\\."),
    (")", ")?"), (")", ")+"), (")", ")*"), ("+", "+?"), ("*", "*?"), ("+?", "+"), ("*?", "*"),
    ("+", "*"), ("*", "+"), ("+", ""), ("?", ""), ("*", ""), ("^", ""), ("$", ""), ("A-Z", "a-z"), ("a-z", "A-Z"),
    ("[^", "["), ("[", "[^"),
    ("(?:", "("), ("s", "d"), ("d", "s"), ("%s", "%r"), ("%s", "%d"), ("{}", "{!r}"),
)  # fmt: skip


def _quoted(text: str, old: str) -> str:
    """Write a string as its predecessor was written, as far as that is possible."""
    prefix = old[: len(old) - len(old.lstrip("rRbBuU"))]
    quote = '"' if old[len(prefix) : len(prefix) + 1] == '"' else "'"
    if "r" in prefix.lower() and quote not in text and not text.endswith("\\") and text.isprintable():
        return f"{prefix}{quote}{text}{quote}"
    plain = repr(text)
    if quote == '"' and plain[0] == "'" and '"' not in plain:
        plain = f'"{plain[1:-1]}"'
    return plain


def _likeness(left: str, right: str) -> float:
    """Return how alike two strings are: length, kind of letters, use as a pattern."""
    same = sum(
        (any(f(c) for c in left)) == (any(f(c) for c in right)) for f in (str.isalpha, str.isdigit, str.isspace, _is_mark)
    )
    longer, shorter = max(len(left), len(right)) + 1, min(len(left), len(right)) + 1
    return (0.2 + 0.2 * same) * (shorter / longer) ** 0.5


def _is_mark(letter: str) -> bool:
    return letter in "\\^$*+?[](){}%"
