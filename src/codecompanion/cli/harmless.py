"""Text of models, repositories and servers as a terminal may have it."""

import re

_STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")
"""What a terminal obeys, and what turns the direction of writing; the ends of lines and tabs stay."""


def harmless(text: str) -> str:
    """Return a text in which everything that steers a terminal is written out as an escape; other text is the same."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
