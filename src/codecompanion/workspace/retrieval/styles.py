"""How a subject is written: who names a setting in it changes other files than who names a flag, whichever they name."""

import re

_STYLES = {
    "~snake": re.compile(r"\w_\w"),
    "~camel": re.compile(r"[a-z][A-Z]"),
    "~constant": re.compile(r"\b[A-Z]{3,}_[A-Z]"),
    "~flag": re.compile(r"(^|[\s`\"'])--?[a-z]"),
    "~dotted": re.compile(r"\w\.[a-z]\w+\b"),
    "~call": re.compile(r"\w\("),
    "~marked": re.compile(r"`"),
    "~number": re.compile(r"\d"),
}


def styles_of(subject: str) -> list[str]:
    """Return the styles of a subject, as terms that no word has."""
    return [style for style, pattern in _STYLES.items() if pattern.search(subject)]
