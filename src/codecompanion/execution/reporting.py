"""What is said about a run in the end: every claim cites the events that prove it."""

from pathlib import Path

from codecompanion.domain.artifacts import (
    ArtifactType,
    Claim,
    CodePatch,
    EvalReport,
    FileChange,
    Procedure,
    Runbook,
    artifact_bytes,
)
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import ArtifactProduced, BaseMeasured, ChecksCompleted, SearchCompleted, decode
from codecompanion.domain.ledgers import ItemProgress, TaskStatus
from codecompanion.domain.repair import CandidatePatch
from codecompanion.domain.state import Running
from codecompanion.execution.repairing import search_result
from codecompanion.execution.toolbox import Toolbox

ALTERNATIVES_SHOWN = 4


async def write_report(tools: Toolbox, state: Running) -> None:
    """Keep the CodePatch of a solved run, its Runbook, and the EvalReport of any."""
    entry = state.progress.items[-1]
    if entry.status is TaskStatus.COMPLETED:
        candidate = (await search_result(tools, entry.item.item_id)).patches[entry.attempt - 1]
        await tools.journal.once("diff", lambda: _code_patch(tools, state, entry, candidate), actor="engine")
        await tools.artifact(_runbook(tools.run_id, state), key="runbook")
    await tools.artifact(await _eval_report(tools, entry), key="report")


async def _code_patch(tools: Toolbox, state: Running, entry: ItemProgress, candidate: CandidatePatch) -> Command:
    assert state.base is not None
    assert state.head is not None
    diff = await tools.workspace.diff(Path(state.request.repo), state.base.commit, state.head.commit)
    patch = CodePatch(
        title=candidate.description,
        description=f"{candidate.template}: {candidate.description}",
        base_commit=state.base.commit,
        files_changed=tuple(_change(path, diff) for path in sorted(candidate.files)),
        diff_unified=diff,
    )
    sha256 = await tools.blobs.put(artifact_bytes(patch))
    kind, task_id = ArtifactType.CODE_PATCH, entry.item.item_id
    return Record(ArtifactProduced(artifact_type=kind, sha256=sha256, title=patch.title, task_id=task_id))


def _change(path: str, diff: str) -> FileChange:
    _, _, section = diff.partition(f"+++ b/{path}\n")
    lines = section.partition("\ndiff --git ")[0].splitlines()
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    return FileChange(path=path, action="modified", lines_added=added, lines_removed=removed)


async def _eval_report(tools: Toolbox, entry: ItemProgress) -> EvalReport:
    task_id, solved = entry.item.item_id, entry.status is TaskStatus.COMPLETED
    (measured_event,) = await tools.journal.recall("measured")
    searched_event = (await tools.journal.recall(f"search:{task_id}"))[0]
    measured, searched = decode(measured_event), decode(searched_event)
    assert isinstance(measured, BaseMeasured)
    assert isinstance(searched, SearchCompleted)
    result = await search_result(tools, task_id)
    checked = await _last_checks(tools, entry) if result.patches else None
    return EvalReport(
        title="The failing tests pass" if solved else "The failing tests still fail",
        passed=solved,
        claims=(
            *_claims_about_the_base(measured),
            _claim_about_the_search(searched, searched_event),
            *_claims_about_the_result(checked, solved=solved),
        ),
        metrics={"candidates_tried": searched.candidates_tried, "search_s": searched.duration_s, "cost_usd": 0.0},
        alternatives=tuple(_lost(patch) for patch in result.patches[entry.attempt :][:ALTERNATIVES_SHOWN]),
        suspects=searched.suspects,
    )


async def _last_checks(tools: Toolbox, entry: ItemProgress) -> ChecksCompleted:
    events = await tools.journal.recall(f"checked:{entry.item.item_id}:{entry.attempt}")
    checked = decode(events[0])
    assert isinstance(checked, ChecksCompleted)
    return checked


def _claims_about_the_base(measured: BaseMeasured) -> list[Claim]:
    failing = f"before the change {len(measured.failing)} of {_total(measured)} tests failed: {_some(measured.failing)}"
    claims = [Claim(text=failing, evidence=measured.evidence)]
    if measured.flaky:
        flaky = f"these tests are flaky, they failed and passed on the same tree: {_some(measured.flaky)}"
        claims.append(Claim(text=flaky, evidence=measured.evidence))
    return claims


def _total(measured: BaseMeasured) -> int:
    counts = measured.counts
    return counts.passed + counts.failed + counts.errors + counts.flaky


def _claim_about_the_search(searched: SearchCompleted, event: Event) -> Claim:
    end = "all there were" if searched.exhausted else "until the time or the first good patches ended it"
    text = f"{searched.candidates_tried} candidate edits were tried, {end}; {searched.plausible} made all selected tests pass"
    return Claim(text=text, evidence=(event.event_id,))


def _claims_about_the_result(checked: ChecksCompleted | None, *, solved: bool) -> list[Claim]:
    if checked is None:
        return []
    if not solved:
        refuted = f"the whole suite refuted the last patch: {_some((*checked.broken, *checked.still_failing))}"
        return [Claim(text=refuted, evidence=checked.evidence)]
    green = f"after the change {checked.counts.passed} tests pass and none that passed before fails"
    return [
        Claim(text=green, evidence=checked.evidence),
        Claim(text="no test and no test configuration was changed", evidence=checked.evidence),
        Claim(text="behaviour that no test covers is what you want"),
    ]


def _some(test_ids: tuple[str, ...], shown: int = 5) -> str:
    more = len(test_ids) - shown
    return ", ".join(test_ids[:shown]) + (f" and {more} more" if more > 0 else "")


def _lost(patch: CandidatePatch) -> str:
    return f"{patch.description} (score {patch.score:.3f}{'; ' if patch.reasons else ''}{'; '.join(patch.reasons)})"


def branch_name(run_id: str, state: Running) -> str:
    """Return the name of the branch a run delivers."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in state.request.objective.lower()).split()
    slug = "-".join(words)[:40].strip("-")
    return f"codecompanion/{run_id}-{slug}" if slug else f"codecompanion/{run_id}"


def _runbook(run_id: str, state: Running) -> Runbook:
    branch = branch_name(run_id, state)
    return Runbook(
        title=f"What to do with {branch}",
        procedures=(
            Procedure(name="look", steps=(f"codecompanion show {run_id}", f"git diff HEAD...{branch}")),
            Procedure(name="take", steps=(f"git merge {branch}", f"or, uncommitted: codecompanion apply {run_id}")),
            Procedure(name="undo", steps=(f"codecompanion undo {run_id}", f"git branch -D {branch}")),
        ),
    )
