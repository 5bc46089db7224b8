"""Text of models, repositories and servers as a terminal may have it."""

import re

_STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]|\r(?!\n)"
)
"""What a terminal obeys, what turns the direction of writing, and what hides: blanks without width, letters of invisible tags.

The ends of lines and tabs stay, and what joins signs into one, which scripts and emoji need.
"""


def harmless(text: str) -> str:
    """Return a text in which everything that steers a terminal or hides is written out as an escape; other text is the same."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
