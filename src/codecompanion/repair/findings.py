"""What a search knows so far; kept when its time ends anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from codecompanion.domain.repair import CandidatePatch, RepairResult, Suspect
from codecompanion.ports import SearchProgress
from codecompanion.repair.units import Candidate
from codecompanion.repair.validate import Judgement


@dataclass(slots=True)
class Findings:
    """Filled while the search goes on. `plausible` candidates passed every test that can be affected, by rank."""

    phase: str = "localise"
    tried: int = 0
    exhausted: bool = False
    plausible: dict[int, Judgement] = field(default_factory=dict[int, Judgement])
    partial: dict[int, Judgement] = field(default_factory=dict[int, Judgement])
    suspects: tuple[Suspect, ...] = ()
    flaky: tuple[str, ...] = ()
    chosen: Sequence[CandidatePatch] = ()

    def progress(self) -> SearchProgress:
        """Return how far the search is."""
        return SearchProgress(self.phase, self.tried, len(self.plausible))

    def result(self) -> RepairResult:
        """Return the answer: the chosen patches, or those found in the order of their rank when time ended the choice."""
        patches = self.chosen or [patch_of(j.candidate) for _, j in sorted(self.plausible.items())]
        return RepairResult(
            patches=tuple(patches),
            suspects=self.suspects,
            candidates_tried=self.tried,
            exhausted=self.exhausted,
            flaky=self.flaky,
        )


def patch_of(candidate: Candidate, reasons: tuple[str, ...] = ()) -> CandidatePatch:
    """Return a candidate as whole new texts of files."""
    return CandidatePatch(
        files={candidate.path: candidate.changed_text()},
        template=candidate.template,
        description=candidate.description,
        score=candidate.prior,
        reasons=reasons,
    )
