"""What the texts of the failures say about where and how to edit."""

import re
from collections.abc import Iterable, Mapping

ARGUMENTS = re.compile(
    r"(positional|keyword|required|unexpected).{0,40}argument|takes .* argument|expected (at (least|most) )?\d+ argument"
)
QUOTED = re.compile(r"'([A-Za-z_][A-Za-z_0-9]*)'")
UNDEFINED = re.compile(r"name '(\w+)' is not defined|variable '(\w+)'")
NO_ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")
NOT_RAISED = re.compile(r"DID NOT RAISE <class '(?:[\w.<>]+\.)?(\w+)'>|(\w+) not raised")
RAISING_EDITS = frozenset({"early exit", "missing guard", "missing statement", "surplus guard", "condition"})
ASSIGNED = re.compile(r"^\s*[\w.]+ = ", re.MULTILINE)
KEYS = re.compile(r"KeyError|IndexError")
KEY_EDITS = frozenset({"access", "missing guard", "early exit", "condition", "index", "missing update"})
WRONG_NAME = 6.0
KINDS = re.compile(r"TypeError|AttributeError")
CALL_EDITS = frozenset({"surplus argument", "missing argument", "argument order", "function", "attribute"})
TYPE_EDITS = frozenset({"missing call", "surplus call", "uncalled", "function", "attribute", "member", "index", "variable"})


class Hints:
    """Evidence from failure messages, as factors on a candidate's probability."""

    def __init__(self, messages: Iterable[str]) -> None:
        text = "\n".join(messages)
        self._arguments = bool(ARGUMENTS.search(text))
        self._types = bool(KINDS.search(text))
        self.awaited = frozenset(name for pair in NOT_RAISED.findall(text) for name in pair if name)
        """Exceptions that tests waited for in vain."""
        self._keys = bool(KEYS.search(text))
        self._undefined = frozenset(name for pair in UNDEFINED.findall(text) for name in pair if name)
        self._missing = frozenset(NO_ATTRIBUTE.findall(text))
        self._wrong = self._undefined | self._missing
        self._quoted = frozenset(QUOTED.findall(text))

    def of_template(self, template: str) -> float:
        """Return a factor of at least 1 for a kind of edit."""
        if template == "missing import":
            return WRONG_NAME if self._undefined else 1.0
        if self.awaited and template in RAISING_EDITS:
            return 3.0
        factor = 3.0 if (self._arguments and template in CALL_EDITS) or (self._keys and template in KEY_EDITS) else 1.0
        return factor * 1.5 if self._types and template in TYPE_EDITS else factor

    def of_edit(self, old: str, new: str, unread: Mapping[str, float] | None = None) -> float:
        """Return a factor of at least 1 for replacing one text by another.

        `unread` holds the names that the function never reads, with how much that speaks for reading them.
        """
        if not self._wrong and not self._quoted and not unread and not self.awaited:
            return 1.0
        before = _names(old)
        brought = _names(new) - before
        factor = (
            WRONG_NAME if self._wrong & before else max((f for n, f in (unread or {}).items() if n in brought), default=1.0)
        )
        if self.awaited & brought:
            return factor * WRONG_NAME
        if self._missing & brought and ASSIGNED.search(new):
            return factor * WRONG_NAME
        return factor * 2 if self._quoted & brought else factor


def _names(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[A-Za-z_]\w*", text))
