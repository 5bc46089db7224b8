"""How much texts have in common."""

from difflib import SequenceMatcher

LONG = 500
"""Characters. A generated line may have a million, and to compare two in their order takes the product of their lengths."""


class Likeness:
    """What other texts have in common with one."""

    def __init__(self, text: str) -> None:
        """Take in the text that others are compared with."""
        self._text = text
        self._matcher = SequenceMatcher(None, b=text, autojunk=False)

    def to(self, other: str, least: float = 0.0) -> float:
        """Return which share of the characters of both is the same, from 0 to 1; 0 when it is not above `least`.

        Of long texts it is that of their characters in whatever order.
        """
        if other == self._text:
            return 1.0
        self._matcher.set_seq1(other)
        if self._matcher.real_quick_ratio() <= least or (share := self._matcher.quick_ratio()) <= least:
            return 0.0
        if max(len(other), len(self._text)) <= LONG:
            share = self._matcher.ratio()
        return share if share > least else 0.0
