"""Choose among candidates that all pass the tests."""

from collections.abc import Mapping, Sequence

from codecompanion.domain.repair import CandidatePatch
from codecompanion.repair.findings import patch_of
from codecompanion.repair.source import SourceFile
from codecompanion.repair.validate import Judgement


def choose(found: Sequence[Judgement], sources: Mapping[str, SourceFile]) -> list[CandidatePatch]:
    """Return patches, the one to be believed most first."""
    ordered = sorted(found, key=lambda j: (-j.candidate.prior, j.candidate.rank))
    return [patch_of(j.candidate, sources) for j in ordered]
