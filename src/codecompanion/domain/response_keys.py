"""The keys of cached answers."""

import re

_SHA256 = re.compile("[0-9a-f]{64}")


def checked_key(key: str) -> str:
    """Return a key.

    Raises:
        ValueError: It is not a sha256 in 64 lower-case hex digits.
    """
    if _SHA256.fullmatch(key) is None:
        raise ValueError(f"{key!r} is no sha256")
    return key
