import pytest

from codecompanion.domain.repair import CandidatePatch
from codecompanion.repair.confidence import ALONE, SHARED, with_confidence


def patch(score: float) -> CandidatePatch:
    return CandidatePatch(files={"m.py": "x = 1\n"}, template="number", description="", score=score)


def test_a_patch_that_no_other_contradicts_has_the_most_confidence() -> None:
    assert [p.confidence for p in with_confidence([patch(1.0), patch(0.5), patch(0.0)])] == [ALONE, SHARED, 0.0]


@pytest.mark.parametrize(("less", "more"), [(0.0, 0.1), (0.3, 0.5), (0.5, 0.6), (0.9, 1.0)])
def test_more_belief_is_more_confidence(less: float, more: float) -> None:
    low, high = with_confidence([patch(less), patch(more)])
    assert low.confidence is not None
    assert high.confidence is not None
    assert low.confidence < high.confidence
