"""How likely it is that a patch is what was meant, and not only what the tests let pass."""

from collections.abc import Sequence

from codecompanion.domain.repair import CandidatePatch

ALONE = 0.9
"""For a patch whose behaviour no other plausible patch contradicts: set, not fitted, below what the development sets show,
because they have been tuned on (docs/REPAIR.md)."""
SHARED = 0.6
"""The same where plausible patches behave differently, at the half of all belief."""
HALF = 0.5


def with_confidence(patches: Sequence[CandidatePatch]) -> list[CandidatePatch]:
    """Return chosen patches, each with its confidence.

    A patch's score is the share of belief that its behaviour has among all plausible patches. Between no belief at all, half of
    it and all of it the confidence is linear.
    """
    return [patch.model_copy(update={"confidence": _confidence(patch.score)}) for patch in patches]


def _confidence(score: float) -> float:
    if score <= HALF:
        return round(SHARED * score / HALF, 2)
    return round(SHARED + (ALONE - SHARED) * (score - HALF) / (1 - HALF), 2)
