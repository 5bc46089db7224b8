"""What is said about a tidying in the end: what was found, what is gone, what remains and why."""

from codecompanion.domain.artifacts import Claim, CodePatch, EvalReport
from codecompanion.domain.checks import Counts
from codecompanion.domain.events import BaseMeasured, ChecksCompleted, decode
from codecompanion.domain.ledgers import ItemProgress, TaskStatus
from codecompanion.domain.state import Running
from codecompanion.domain.tidying import Diagnostic, Inspection, TidyResult, remain
from codecompanion.execution.repairing import search_of
from codecompanion.execution.reporting import (
    claims_of_brought_files,
    claims_of_the_users_files,
    code_patch,
    last_checks,
    runbook,
)
from codecompanion.execution.tidying import inspection_of
from codecompanion.execution.toolbox import Toolbox

REMAINING_SHOWN = 200


async def report_tidying(tools: Toolbox, state: Running) -> None:
    """Keep the CodePatch of a tidying that changed something, its Runbook, and the EvalReport of any."""
    entry = state.progress.items[-1]
    task_id, done = entry.item.item_id, entry.status is TaskStatus.COMPLETED
    before = await inspection_of(tools, "inspect:base")
    after = await inspection_of(tools, f"inspect:{task_id}:{entry.attempt}") if done else before
    searched, searched_id = await search_of(tools, task_id)
    result = TidyResult.model_validate_json(await tools.blobs.get(searched.result_sha256))
    base_ids = tuple(event.event_id for event in await tools.journal.recall("inspect:base"))
    claims = [
        *await claims_of_brought_files(tools, state),
        Claim(text=f"before the change the tools found {_counted(before)}", evidence=base_ids),
        *(Claim(text=note, evidence=base_ids) for note in before.notes),
    ]
    if done:
        candidate = result.patches[entry.attempt - 1]
        patch, evidence = await code_patch(tools, state, entry, candidate)
        claims += [Claim(text=reason, evidence=(searched_id,)) for reason in candidate.reasons]
        claims += await _claims_of_a_change(tools, entry, patch, after, evidence)
        claims += await claims_of_the_users_files(tools)
        await tools.artifact(runbook(tools.run_id, state), key="runbook")
    elif result.patches:
        claims.append(_about_refuted_fixes(await last_checks(tools, entry)))
    remaining = [_with_reason(diagnostic, result) for diagnostic in after.asked]
    report = EvalReport(
        title=f"{entry.item.title}: {'done' if done and not remaining else remain(len(remaining))}",
        passed=done and not remaining,
        claims=tuple(claims),
        metrics={"findings_before": len(before.asked), "findings_after": len(after.asked), "cost_usd": 0.0},
        remaining=tuple(remaining[:REMAINING_SHOWN]),
    )
    await tools.artifact(report, key="report")


async def _claims_of_a_change(
    tools: Toolbox, entry: ItemProgress, patch: CodePatch, after: Inspection, evidence: tuple[str, ...]
) -> list[Claim]:
    checks = await last_checks(tools, entry)
    inspected = await tools.journal.recall(f"inspect:{entry.item.item_id}:{entry.attempt}")
    inspected_ids = tuple(event.event_id for event in inspected)
    files = ", ".join(change.path for change in patch.files_changed)
    return [
        Claim(
            text=f"after the change they find {_counted(after)}{', none of it new' if after.asked else ''}",
            evidence=inspected_ids,
        ),
        *_about_imports(after, inspected_ids),
        await _about_the_tests(tools, checks),
        Claim(text=f"only {files} changed", evidence=evidence),
    ]


def _about_imports(after: Inspection, evidence: tuple[str, ...]) -> list[Claim]:
    if not after.modules:
        return []
    count = len(after.modules)
    tried = "1 module was imported again" if count == 1 else f"{count} modules were imported again"
    return [Claim(text=f"{tried}: none that could be before fails", evidence=evidence)]


async def _about_the_tests(tools: Toolbox, checks: ChecksCompleted) -> Claim:
    measured = decode((await tools.journal.recall("measured"))[0])
    assert isinstance(measured, BaseMeasured)
    if measured.counts == Counts():
        why = "the project has no tests" if not measured.evidence else "the project's tests cannot be run here"
        return Claim(text=f"{why}: none prove that behaviour is kept", evidence=measured.evidence)
    passed = checks.counts.passed
    kept = f"after the change {passed} {'test passes' if passed == 1 else 'tests pass'} and none that passed before fails"
    return Claim(text=kept, evidence=(*measured.evidence, *checks.evidence))


def _about_refuted_fixes(checks: ChecksCompleted) -> Claim:
    against = ", ".join((*checks.broken, *checks.new_findings)[:5]) or "no finding went away"
    return Claim(text=f"the fixes were refuted and are not delivered: {against}", evidence=checks.evidence)


def _counted(inspection: Inspection) -> str:
    rules = ", ".join(f"{count} {rule}" for rule, count in inspection.by_rule.items())
    count = len(inspection.asked)
    return f"{count} {'finding' if count == 1 else 'findings'} ({rules})" if rules else "nothing"


def _with_reason(diagnostic: Diagnostic, result: TidyResult) -> Diagnostic:
    known = {(left.path, left.rule, left.message): left.why_left for left in result.left}
    why = known.get((diagnostic.path, diagnostic.rule, diagnostic.message)) or diagnostic.why_left
    return diagnostic.model_copy(update={"why_left": why or "its fix was left out, because it broke something"})
