"""The lines of a file by what is compared of them, so that a block is found without reading the file again."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from codecompanion.workspace.edits.matching.likeness import Likeness
from codecompanion.workspace.edits.matching.tolerance import KEYS, Tolerance

MAX_SITES = 50
MAX_COMPARED = 4000
"""Lines that are about as long as one that is looked for."""


class LineIndex:
    """Finds runs of lines. Positions count from 0."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._keyed: dict[Tolerance, tuple[list[str], dict[str, list[int]]]] = {}

    def sites(self, wanted: Sequence[str], tolerance: Tolerance) -> list[int]:
        """Return where a run of lines begins, at most the first 50 places; [] for no lines."""
        if not wanted:
            return []
        keys, positions = self._at(tolerance)
        needles = [KEYS[tolerance](line) for line in wanted]
        rarest = min(range(len(needles)), key=lambda n: len(positions.get(needles[n], ())))
        found: list[int] = []
        for position in positions.get(needles[rarest], ()):
            start = position - rarest
            if start >= 0 and keys[start : start + len(needles)] == needles:
                found.append(start)
                if len(found) == MAX_SITES:
                    break
        return found

    def keys(self, tolerance: Tolerance) -> Sequence[str]:
        """Return what is compared of each line."""
        return self._at(tolerance)[0]

    def alike(self, wanted: str, share: float) -> list[int]:
        """Return where lines have more than a share of their characters, without white space, in common with another."""
        likeness = Likeness(wanted)
        spread = len(wanted) * (1 - share)
        keys = self.keys(Tolerance.SPACING)
        about = [at for at, key in enumerate(keys) if abs(len(key) - len(wanted)) <= spread]
        found = (at for at in about[:MAX_COMPARED] if likeness.to(keys[at], share))
        return list(islice(found, MAX_SITES))

    def _at(self, tolerance: Tolerance) -> tuple[list[str], dict[str, list[int]]]:
        if tolerance not in self._keyed:
            keys = list(map(KEYS[tolerance], self.lines))
            positions: defaultdict[str, list[int]] = defaultdict(list)
            for position, key in enumerate(keys):
                positions[key].append(position)
            self._keyed[tolerance] = keys, dict(positions)
        return self._keyed[tolerance]
