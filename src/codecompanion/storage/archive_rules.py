"""What both databases hold to when a stream leaves the log."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

GRACE_S = 3600
"""A blob that was put within so many seconds may be cited by a fact that is about to be appended."""
RENEWED_AFTER_S = 600
"""A blob that is put again is noted as put anew when the note is older than so many seconds: most puts write nothing."""
_HASH = re.compile(r"[0-9a-f]{64}")


def uncited(blobs: AbstractSet[str], contents: Iterable[str]) -> list[str]:
    """Return the blobs whose hashes stand nowhere in the data of some events."""
    left = set(blobs)
    for content in contents:
        left.difference_update(_HASH.findall(content))
    return sorted(left)
