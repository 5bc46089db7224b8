"""How alike two lines must be, from the same bytes to the same characters without their white space."""

import unicodedata
from collections.abc import Callable, Mapping
from enum import IntEnum

_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
        "\u2026": "...",
        **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
    }
)


class Tolerance(IntEnum):
    """The steps, each looser than the one before. What a looser step finds is used only when no stricter one finds a place."""

    EXACT = 0
    TRAILING = 1
    INDENTATION = 2
    TYPOGRAPHY = 3
    SPACING = 4


def typographic(line: str) -> str:
    """Return a line with plain quotes, dashes and blanks."""
    return line if line.isascii() else unicodedata.normalize("NFC", line.translate(_TYPOGRAPHY))


def _same(line: str) -> str:
    return line


def _spaceless(line: str) -> str:
    return "".join(typographic(line).split())


def _plain(line: str) -> str:
    return typographic(line).strip()


KEYS: Mapping[Tolerance, Callable[[str], str]] = {
    Tolerance.EXACT: _same,
    Tolerance.TRAILING: str.rstrip,
    Tolerance.INDENTATION: str.strip,
    Tolerance.TYPOGRAPHY: _plain,
    Tolerance.SPACING: _spaceless,
}
"""What of a line is compared at each step."""
