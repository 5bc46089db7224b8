"""Which candidate's change is taken: by facts first, and what facts cannot tell apart is left to judges.

Facts are, in this order: whether the checks pass and the tests were left honest; whether two made the same; whether the
new tests of the others pass on it; whether it is at most half as long as every other. All functions are pure, and the order in
which candidates come makes no difference but where nothing else does, which is then said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.domain.candidates import Standing, short_name
from codecompanion.domain.counting import counted

CLEARLY_SMALLER = 2
"""So many times longer must every other change be for length alone to decide before judges are asked."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is left, best known first, what decided that, and why. One left is the winner; none: nobody handed anything over."""

    left: tuple[Standing, ...]
    by: str
    reason: str


def by_facts(standings: Sequence[Standing]) -> Choice:
    """Return who is left when facts have decided what they can."""
    made = [one for one in standings if one.tree]
    if not made:
        return Choice((), "checks", "no candidate handed over a change")
    passing = [one for one in made if one.passed]
    if not passing:
        return _least_refuted(made)
    if len(passing) == 1:
        others = len(standings) - 1
        only = f"only {_named(passing[:1])} passes the checks, of {len(standings)}" if others else "it is the only candidate"
        return Choice((passing[0],), "checks", only)
    return _best_of(passing)


def _best_of(passing: Sequence[Standing]) -> Choice:
    """Return who is left of several that pass the checks."""
    distinct = _distinct(passing)
    if len(distinct) == 1:
        return Choice((distinct[0],), "same change", f"{_named(passing)} made the same change")
    fewest = min(len(one.others_failing) for one in distinct)
    left = [one for one in distinct if len(one.others_failing) == fewest]
    if len(left) == 1:
        worse = _named([one for one in distinct if one not in left])
        least = f"{fewest or 'none'} of the others' new tests {'fails' if fewest == 1 else 'fail'} on {_named(left)}"
        return Choice((left[0],), "cross tests", f"{least}, more on {worse}")
    shortest, second = sorted(left, key=_length)[:2]
    if shortest.lines * CLEARLY_SMALLER <= second.lines:
        lengths = f"{counted(shortest.lines, 'changed line')}, the next {second.lines}"
        return Choice((shortest,), "size", f"{_named([shortest])} is clearly smaller: {lengths}")
    return Choice(tuple(left), "checks", f"{_named(left)} pass the checks and each other's tests, and are about as long")


def by_length(choice: Choice) -> Choice:
    """Return the one winner among those that are left: the shortest change, else the one that was asked first."""
    if len(choice.left) <= 1:
        return choice
    shortest = min(one.lines for one in choice.left)
    left = [one for one in choice.left if one.lines == shortest]
    if len(left) == 1:
        return Choice(
            (left[0],), "size", f"{choice.reason}; {_named(left)} is the shortest, {counted(shortest, 'changed line')}"
        )
    return Choice(
        (left[0],), "order", f"{choice.reason}; {_named(left)} are a tie in all, and the first that was asked is taken"
    )


def _least_refuted(made: Sequence[Standing]) -> Choice:
    def against(one: Standing) -> tuple[int, int]:
        return one.integrity, one.broken + one.still_failing

    least = min(map(against, made))
    best = min((one for one in made if against(one) == least), key=_length)
    faults = f"{counted(best.broken, 'test')} broken, {best.still_failing} still failing, {best.integrity} against honest tests"
    return Choice((best,), "checks", f"no candidate passes the checks; least is held against {_named([best])}: {faults}")


def _distinct(standings: Sequence[Standing]) -> list[Standing]:
    """Return one candidate for each tree, the first that was asked."""
    seen: dict[str, Standing] = {}
    for one in standings:
        seen.setdefault(one.tree, one)
    return list(seen.values())


def _length(one: Standing) -> int:
    return one.lines


def _named(standings: Sequence[Standing]) -> str:
    return " and ".join(f"{short_name(one.candidate)} ({one.model})" for one in standings)
