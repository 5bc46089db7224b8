"""Find what a test no longer asserts, or asserts less strictly, by pairing its assertions before and after a change."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from codecompanion.domain.integrity import IntegrityKind
from codecompanion.workspace.integrity.assertions import Assertion
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.partners import MATCHES, loosened
from codecompanion.workspace.integrity.reach import Guard
from codecompanion.workspace.integrity.syntax import shown


@dataclass(slots=True)
class _Pairing:
    """The assertions that are only before (`gone`) and only after (`new`); those that found a partner are taken out."""

    gone: list[Assertion]
    new: list[Assertion]
    found: list[Doubt]

    def pair(self, matches: "Callable[[Assertion, Assertion], Doubt | bool]") -> None:
        """Take out each pair that matches; a doubt about it is kept, True means that all is well, False that it is no pair."""
        for old in list(self.gone):
            for new in self.new:
                verdict = matches(old, new)
                if verdict is False:
                    continue
                if isinstance(verdict, Doubt):
                    self.found.append(verdict)
                self.gone.remove(old)
                self.new.remove(new)
                break


def weaker(
    before: Sequence[Assertion], after: Sequence[Assertion], elsewhere: frozenset[str], unreached: frozenset[str]
) -> list[Doubt]:
    """Return what is weaker in a test.

    Args:
        before: Its assertions before.
        after: Its assertions after.
        elsewhere: Texts of assertions that are new in other tests, as when a test was split, and constants of its parameters.
        unreached: Texts of assertions that stand in the test after the change and cannot run.
    """
    gone, new = _difference(before, after)
    gone = [one for one in gone if one.text not in elsewhere and one.source not in elsewhere]
    pairing = _Pairing(gone, new, [])
    for matches in MATCHES:
        pairing.pair(matches)
    pairing.gone = list(_unexplained(pairing.gone, pairing.new, elsewhere))
    return [*pairing.found, *_left_over(pairing.gone, pairing.new, unreached)]


def _difference(before: Sequence[Assertion], after: Sequence[Assertion]) -> tuple[list[Assertion], list[Assertion]]:
    kept = Counter(map(_key, before)) & Counter(map(_key, after))
    return _without(before, Counter(kept)), _without(after, Counter(kept))


def _key(one: Assertion) -> tuple[str, Guard, str]:
    return one.text, one.guard, repr(sorted(one.tolerances.items()))


def _without(assertions: Sequence[Assertion], kept: Counter[tuple[str, Guard, str]]) -> list[Assertion]:
    rest: list[Assertion] = []
    for one in assertions:
        if kept[_key(one)]:
            kept[_key(one)] -= 1
        else:
            rest.append(one)
    return rest


def _unexplained(gone: list[Assertion], new: list[Assertion], elsewhere: frozenset[str]) -> Iterator[Assertion]:
    """Yield the assertions whose constants no new assertion holds: the others were written anew or merged into one."""
    room = {id(one): max(1, len(one.constants)) for one in new}
    for old in gone:
        partner = next((one for one in new if room[id(one)] and _holds(one, old)), None)
        if partner is not None:
            room[id(partner)] -= max(1, len(old.constants))
            if room[id(partner)] <= 0:
                new.remove(partner)
        elif not (old.constants and old.constants <= elsewhere):
            yield old


def _holds(new: Assertion, old: Assertion) -> bool:
    strict = new.strength >= old.strength or new.relation.startswith("call:")
    return strict and new.guard in ("", old.guard) and old.constants <= new.constants


def _left_over(gone: list[Assertion], new: list[Assertion], unreached: frozenset[str]) -> Iterator[Doubt]:
    partners = sorted(new, key=lambda one: -one.strength)
    for old in sorted(gone, key=lambda one: -one.strength):
        if old.text in unreached:
            yield Doubt(IntegrityKind.ASSERTION_REMOVED, "blocks", old.line, f"{shown(old.source)!r} can no longer be reached")
        elif not partners:
            yield Doubt(IntegrityKind.ASSERTION_REMOVED, "blocks", old.line, f"{shown(old.source)!r} is no longer asserted")
        else:
            other = partners.pop(0)
            text = f"{shown(old.source)!r} became {shown(other.source)!r}"
            if other.strength < old.strength or (other.guard and not old.guard):
                yield loosened(other, text)
            else:
                yield Doubt(IntegrityKind.TEST_CHANGED, "tell", other.line, text)
