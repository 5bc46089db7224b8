"""The splices that the blocks of a response make in one file: none touches the lines of another."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from codecompanion.workspace.edits.source_text import Splice


class Splices:
    """Splices of one file. Adding one takes about as long beside many others as beside few."""

    def __init__(self) -> None:
        self._known: set[Splice] = set()
        self._spans: list[tuple[int, int]] = []
        self._touched: set[int] = set()

    def __iter__(self) -> Iterator[Splice]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def touched(self) -> AbstractSet[int]:
        """The lines, from 0, that are taken away or changed."""
        return self._touched

    def add(self, splices: Sequence[Splice]) -> bool | None:
        """Add splices, those that are there already left out.

        Returns:
            Whether any is new. None when one touches the same line as another, or inserts at the same place: none is added.
        """
        new = [splice for splice in splices if splice not in self._known]
        added: list[tuple[int, int]] = []
        for splice in new:
            span = (splice.start, splice.end)
            at = bisect_left(self._spans, span)
            if any(map(_overlap, self._spans[max(at - 1, 0) : at], [span])) or any(
                map(_overlap, [span], self._spans[at : at + 1])
            ):
                for each in added:
                    del self._spans[bisect_left(self._spans, each)]
                return None
            self._spans.insert(at, span)
            added.append(span)
        self._known.update(new)
        self._touched.update(line for start, end in added for line in range(start, end))
        return bool(new)

    def inserts_at(self, line: int) -> bool:
        """Whether a splice takes nothing away and adds its lines before a line, from 0."""
        at = bisect_left(self._spans, (line, line))
        return self._spans[at : at + 1] == [(line, line)]

    def clear(self) -> None:
        """Forget all of them."""
        self._known.clear()
        self._spans.clear()
        self._touched.clear()


def _overlap(earlier: tuple[int, int], later: tuple[int, int]) -> bool:
    return later[0] < earlier[1] or later == earlier
