"""Choose among candidates that all pass the tests.

The patch to believe is the one whose behaviour has the most evidence: candidates that answer alike on unseen inputs
support each other; within such a group the most probable edit is taken.
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from codecompanion.domain.repair import CandidatePatch
from codecompanion.repair.behaviour import Behaviour, Observer
from codecompanion.repair.docstring_evidence import evidence
from codecompanion.repair.findings import patch_of
from codecompanion.repair.parsing import parse_module
from codecompanion.repair.units import Candidate
from codecompanion.repair.validate import Judgement

MOST_OBSERVED = 24
BROKEN_EXAMPLE = 0.02
POINTLESS = 0.1
ALLY = 0.4
UNRUN = 0.3
SPECIAL_CASE = 0.1
DELETION = 0.2


@dataclass(frozen=True, slots=True)
class _Rated:
    candidate: Candidate
    belief: float
    group: object
    reasons: tuple[str, ...]


async def choose(found: Sequence[Judgement], observer: Observer) -> list[CandidatePatch]:
    """Return patches, the one to be believed most first."""
    ordered = sorted((j.candidate for j in found), key=lambda c: (-c.prior, c.rank))
    rated = [_rate(c, await observer.observe(c)) for c in ordered[:MOST_OBSERVED]]
    support: defaultdict[object, float] = defaultdict(float)
    allies = Counter[object]()
    for one in sorted(rated, key=lambda one: -one.belief):
        # Several ways to write one change are not independent: the best counts fully, each further one less.
        support[one.group] += one.belief * ALLY ** allies[one.group]
        allies[one.group] += 1
    rated.sort(key=lambda one: (-support[one.group], -one.belief, one.candidate.rank))
    total = sum(support.values()) or 1.0
    return [_patch(one, support[one.group] / total, rated) for one in rated]


def _patch(one: _Rated, share: float, rated: Sequence[_Rated]) -> CandidatePatch:
    allies = sum(other.group == one.group for other in rated) - 1
    agreement = f"{allies} other plausible patches behave alike" if allies else "no other plausible patch behaves alike"
    patch = patch_of(one.candidate, (agreement, *one.reasons))
    return patch.model_copy(
        update={"score": round(share * one.belief / max(r.belief for r in rated if r.group == one.group), 4)}
    )


def _rate(candidate: Candidate, behaviour: Behaviour | None) -> _Rated:
    belief, reasons = candidate.prior, list[str]()
    if behaviour and behaviour.broken_examples:
        belief *= BROKEN_EXAMPLE
        reasons.append(f"gets {behaviour.broken_examples} examples of the docstring wrong")
    spoken_of = evidence(candidate)
    if spoken_of > 1:
        belief *= spoken_of
        reasons.append("the docstring or the function's name speaks of what it brings in")
    if behaviour and behaviour.unrun:
        belief *= UNRUN
        reasons.append("leaves code that no test runs any more")
    if _is_pointless(candidate):
        belief *= POINTLESS
        reasons.append("changes less than it writes")
    if candidate.template == "surplus statement":
        belief *= DELETION
        reasons.append("only removes a statement")
    if _dead_statements(candidate.changed_text()) > _dead_statements(candidate.source.text):
        belief *= POINTLESS
        reasons.append("leaves code that is never reached")
    if _answers_a_constant(candidate):
        belief *= SPECIAL_CASE
        reasons.append("answers a constant")
    group: object = (candidate.path, candidate.function.split(".")[0], behaviour.answers) if behaviour else candidate.rank
    return _Rated(candidate, belief, group, tuple(reasons))


def _is_pointless(candidate: Candidate) -> bool:
    """Whether the new text does arithmetic or logic that has no effect."""
    text = candidate.edits[0].text.strip()
    try:
        tree = parse_module(text)
    except SyntaxError:
        return False
    return any(_has_no_effect(node) for node in ast.walk(tree))


def _has_no_effect(node: ast.AST) -> bool:  # noqa: PLR0911 - one line per kind is the table
    match node:
        case ast.BinOp(op=ast.Mult() | ast.Div() | ast.FloorDiv() | ast.Pow(), right=ast.Constant(value=1)):
            return True
        case ast.BinOp(op=ast.Add() | ast.Sub(), right=ast.Constant(value=0)):
            return True
        case ast.BinOp(op=ast.Sub() | ast.FloorDiv() | ast.Mod() | ast.Div(), left=left, right=right):
            return ast.dump(left) == ast.dump(right)
        case ast.Compare(left=left, comparators=[right]):
            return ast.dump(left) == ast.dump(right)
        case ast.If(test=ast.Constant()) | ast.While(test=ast.Constant(value=False)) | ast.IfExp(test=ast.Constant()):
            return True
        case ast.BoolOp(values=values):
            texts = [ast.dump(value) for value in values]
            return len(set(texts)) < len(texts)
        case ast.Assign(targets=[target], value=value):
            return ast.unparse(target) == ast.unparse(value)
        case _:
            return False


def _dead_statements(text: str) -> int:
    """Count the statements that are followed by others in their block although they jump away."""
    jumps = ast.Return | ast.Raise | ast.Continue | ast.Break
    return sum(isinstance(stmt, jumps) for node in _statements(text) for block in _blocks(node) for stmt in block[:-1])


def _blocks(node: ast.AST) -> list[list[ast.stmt]]:
    """Return a statement's blocks."""
    blocks: list[object] = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    return [cast("list[ast.stmt]", block) for block in blocks if isinstance(block, list)]


def _answers_a_constant(candidate: Candidate) -> bool:
    text = candidate.edits[0].text.strip()
    return candidate.template in ("early exit", "missing statement") and any(
        isinstance(node, ast.Return) and isinstance(node.value, ast.Constant | None) for node in _statements(text)
    )


def _statements(text: str) -> list[ast.AST]:
    try:
        return list(ast.walk(parse_module(text)))
    except SyntaxError:
        return []
