"""Lines that stand for code the model did not write, such as `# ... rest unchanged ...`."""

import re

_COMMENT = r"(?:#+|//+|/\*+|\*|--+|<!--|;+|%+|\{/\*|\"{3}|'{3})"
_CLOSE = r"(?:\*/\}?|-->|\"{3}|'{3})"
_DOTS = r"(?:\.{3,}|\u2026)"
_WORDS = (
    r"(?:rest|remaining|remainder|existing|unchanged|previous|original|other|same|omitted|truncated|snip(?:ped)?|keep|your|more|implement(?:ation)?|code|"
    r"logic|methods?|functions?|content|lines?|as is|as before|stays?|here|goes|above|below|etc)"
)
_BARE_DOTS = re.compile(rf"^\s*(?:{_COMMENT}\s*)?[\[(]?{_DOTS}[\])]?\s*(?:{_CLOSE})?\s*$")
_DOTS_AND_WORDS = re.compile(
    rf"^\s*(?:{_COMMENT}\s*)?[\[(<]?\s*(?:{_DOTS}\s*[\[(]?[^.\u2026]*?\b{_WORDS}\b[^.\u2026]*|[^.\u2026]*?\b{_WORDS}\b[^.\u2026]*{_DOTS})\s*[\])>]?\s*(?:{_DOTS})?\s*[\])]?\s*(?:{_CLOSE})?\s*$",
    re.IGNORECASE,
)
_WORDS_ALONE = re.compile(
    rf"^\s*{_COMMENT}\s*[\[(<]?\s*(?:(?:the\s+)?(?:rest|remaining|remainder|existing|previous|other)\b[^.]*\b(?:code|file|method|function|class|implementation|lines?|content|logic|tests?|imports?)\b"
    rf"[^.]*(?:\b(?:unchanged|same|as before|as is|here|remains?|stays?|omitted|goes)\b[^.]*)|(?:unchanged|omitted|snip(?:ped)?|same as (?:before|above)|no changes?(?: here)?)\s*(?:code|lines)?)[\])>.]*\s*(?:{_CLOSE})?\s*$",
    re.IGNORECASE,
)
MAX_LENGTH = 160


def is_ellipsis(line: str) -> bool:
    """Whether a line can stand for lines that are left out."""
    return len(line) <= MAX_LENGTH and bool(_BARE_DOTS.match(line) or _DOTS_AND_WORDS.match(line) or _WORDS_ALONE.match(line))


def is_placeholder(line: str, *, python: bool) -> bool:
    """Whether a new line stands for code. `...` alone is a statement of Python."""
    if line.strip() == "..." and python:
        return False
    return is_ellipsis(line)
