"""Text of strangers on one line, with nothing in it that steers a terminal, a reader or a model."""

import re

BACKTICK, APOSTROPHE = "`", "'"
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that count as printable and show nothing: words can be hidden in them."""
_TAG = re.compile(r"<(?=[A-Za-z/|!?])")
ELLIPSIS = "..."


def one_line(text: str, most: int) -> str:
    """Return a text on one line of at most `most` characters; what was cut off is marked.

    Line breaks, control and bidirectional characters, and what is invisible become blanks, so that nothing reads
    otherwise than it is written. Backticks become apostrophes, so that no code fence is opened or closed. What looks like
    a tag or a model's special token ("<system>", "<|end|>") is taken apart by a blank.
    """
    visible = "".join(letter if letter.isprintable() else " " for letter in _INVISIBLE.sub(" ", text))
    line = _TAG.sub("< ", " ".join(visible.replace(BACKTICK, APOSTROPHE).split()))
    return line if len(line) <= most else line[: most - len(ELLIPSIS)].rstrip() + ELLIPSIS
