"""What the texts of the failures say about where and how to edit."""

import re
from collections.abc import Iterable

ARGUMENTS = re.compile(
    r"(positional|keyword|required|unexpected).{0,40}argument|takes .* argument|expected (at (least|most) )?\d+ argument"
)
QUOTED = re.compile(r"'([A-Za-z_][A-Za-z_0-9]*)'")
UNDEFINED = re.compile(r"name '(\w+)' is not defined|variable '(\w+)'")
NO_ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")
KINDS = re.compile(r"TypeError|AttributeError")
CALL_EDITS = frozenset({"surplus argument", "missing argument", "argument order", "function", "attribute"})
TYPE_EDITS = frozenset({"missing call", "surplus call", "uncalled", "function", "attribute", "member", "index", "variable"})


class Hints:
    """Evidence from failure messages, as factors on a candidate's probability."""

    def __init__(self, messages: Iterable[str]) -> None:
        text = "\n".join(messages)
        self._arguments = bool(ARGUMENTS.search(text))
        self._types = bool(KINDS.search(text))
        self._wrong = frozenset(name for pair in UNDEFINED.findall(text) for name in pair if name) | frozenset(
            NO_ATTRIBUTE.findall(text)
        )
        self._quoted = frozenset(QUOTED.findall(text))

    def of_template(self, template: str) -> float:
        """Return a factor of at least 1 for a kind of edit."""
        factor = 3.0 if self._arguments and template in CALL_EDITS else 1.0
        return factor * 1.5 if self._types and template in TYPE_EDITS else factor

    def of_edit(self, old: str, new: str) -> float:
        """Return a factor of at least 1 for replacing one text by another."""
        if not self._wrong and not self._quoted:
            return 1.0
        before = _names(old)
        factor = 6.0 if self._wrong & before else 1.0
        return factor * 2 if self._quoted & (_names(new) - before) else factor


def _names(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[A-Za-z_]\w*", text))
