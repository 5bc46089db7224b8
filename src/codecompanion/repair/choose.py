"""Choose among candidates that all pass the tests.

The patch to believe is the one whose behaviour has the most evidence: candidates that answer alike on unseen inputs
support each other; within such a group the most probable edit is taken.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from codecompanion.domain.repair import CandidatePatch
from codecompanion.repair.behaviour import Behaviour, Observer
from codecompanion.repair.docstring_evidence import evidence
from codecompanion.repair.findings import patch_of
from codecompanion.repair.pointless import (
    answers_a_constant,
    dead_statements,
    idle_expressions,
    lost_values,
    returns_the_tested,
)
from codecompanion.repair.units import Candidate
from codecompanion.repair.validate import Judgement

MOST_OBSERVED = 24
BROKEN_EXAMPLE = 0.02
POINTLESS = 0.1
ALLY = 0.4
UNRUN = 0.3
WAS_POINTLESS = 6.0
SPECIAL_CASE = 0.1
DELETION = 0.2
MASKED = 0.4
REMOVAL = "surplus statement"


@dataclass(frozen=True, slots=True)
class _Rated:
    candidate: Candidate
    belief: float
    group: object
    reasons: tuple[str, ...]


async def choose(found: Sequence[Judgement], observer: Observer) -> list[CandidatePatch]:
    """Return patches, the one to be believed most first."""
    ordered = sorted((j.candidate for j in found), key=lambda c: (-c.prior, c.rank))
    rated = _unmasked([_rate(c, await observer.observe(c)) for c in ordered[:MOST_OBSERVED]])
    support: defaultdict[object, float] = defaultdict(float)
    allies = Counter[object]()
    for one in sorted(rated, key=lambda one: -one.belief):
        # Several ways to write one change are not independent: the best counts fully, each further one less.
        support[one.group] += one.belief * ALLY ** allies[one.group]
        allies[one.group] += 1
    rated.sort(key=lambda one: (-support[one.group], -one.belief, one.candidate.rank))
    total = sum(support.values()) or 1.0
    return [_patch(one, support[one.group] / total, rated) for one in rated]


def _unmasked(rated: Sequence[_Rated]) -> list[_Rated]:
    """Return the candidates, those believed less that behave like the removal of a statement in other words."""
    removals = {one.group for one in rated if one.candidate.template == REMOVAL}
    return [
        replace(one, belief=one.belief * MASKED, reasons=(*one.reasons, "behaves like the removal of a statement"))
        if one.group in removals and one.candidate.template != REMOVAL
        else one
        for one in rated
    ]


def _patch(one: _Rated, share: float, rated: Sequence[_Rated]) -> CandidatePatch:
    allies = sum(other.group == one.group for other in rated) - 1
    agreement = f"{allies} other plausible patches behave alike" if allies else "no other plausible patch behaves alike"
    patch = patch_of(one.candidate, (agreement, *one.reasons))
    return patch.model_copy(
        update={"score": round(share * one.belief / max(r.belief for r in rated if r.group == one.group), 4)}
    )


def _rate(candidate: Candidate, behaviour: Behaviour | None) -> _Rated:
    signs = [*_seen(candidate, behaviour), *_written(candidate)] if behaviour else list(_written(candidate))
    belief = candidate.prior * prod(factor for factor, _ in signs)
    group: object = (candidate.path, candidate.function.split(".")[0], behaviour.answers) if behaviour else candidate.rank
    return _Rated(candidate, belief, group, tuple(reason for _, reason in signs))


def _seen(candidate: Candidate, behaviour: Behaviour) -> Iterator[tuple[float, str]]:
    """Yield what a candidate's runs say for or against it: a factor and a reason."""
    if behaviour.broken_examples:
        yield BROKEN_EXAMPLE, f"gets {behaviour.broken_examples} examples of the docstring wrong"
    if behaviour.unrun and candidate.template == "missing guard":
        yield DELETION, "guards what no test runs any more"
    elif behaviour.unrun:
        yield UNRUN, "leaves code that no test runs any more"


def _written(candidate: Candidate) -> Iterator[tuple[float, str]]:
    """Yield what a candidate's text says for or against it."""
    spoken_of = evidence(candidate)
    if spoken_of > 1:
        yield spoken_of, "the docstring or the function's name speaks of what it brings in"
    before, after = candidate.source.text, candidate.changed_text()
    if idle_expressions(after) > idle_expressions(before):
        yield POINTLESS, "changes less than it writes"
    elif idle_expressions(after) < idle_expressions(before):
        yield WAS_POINTLESS, "what it replaces had no effect"
    if candidate.template == REMOVAL:
        yield DELETION, "only removes a statement"
    if dead_statements(after) > dead_statements(before):
        yield POINTLESS, "leaves code that is never reached"
    if lost_values(after) > lost_values(before):
        yield POINTLESS, "stores a value that is overwritten"
    if answers_a_constant(candidate):
        yield SPECIAL_CASE, "answers a constant"
    if returns_the_tested(candidate):
        yield SPECIAL_CASE, "answers what was just found to be empty"
