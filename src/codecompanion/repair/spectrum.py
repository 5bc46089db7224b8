"""How suspicious each line is, by which tests ran it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class TracedTest:
    """One test's run under trace. Paths are relative to the project's root; frames run from the outermost to the innermost."""

    test_id: str
    passed: bool
    message: str
    lines: Mapping[str, Sequence[int]]
    frames: tuple[tuple[str, int, str], ...] = ()
    cpu_s: float = 0.0
    collected: bool = True


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Counts per line: how many failing and how many passing tests ran it."""

    failing: int
    by_line: Mapping[Place, tuple[int, int]] = field(default_factory=dict[Place, tuple[int, int]])

    def score(self, place: Place) -> float:
        """Return between 0 and 1 how suspicious a line is: Ochiai, tempered by the share of failing tests that ran it."""
        failed, passed = self.by_line.get(place, (0, 0))
        if not failed:
            return 0.0
        ochiai = failed / sqrt(self.failing * (failed + passed))
        share = failed / self.failing
        return ochiai * (0.3 + 0.7 * share)


def spectrum_of(tests: Sequence[TracedTest]) -> Spectrum:
    """Count the lines of some traced tests."""
    counts: defaultdict[Place, list[int]] = defaultdict(lambda: [0, 0])
    for test in tests:
        for path, lines in test.lines.items():
            for line in lines:
                counts[path, line][test.passed] += 1
    return Spectrum(
        sum(not test.passed for test in tests), {place: (failed, passed) for place, (failed, passed) in counts.items()}
    )
