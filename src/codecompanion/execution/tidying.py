"""A tidying: look, plan, mend, verify. Its patch is written, delivered and applied as a repair's is."""

import time
from collections.abc import Sequence
from pathlib import Path

from codecompanion.domain.artifacts import Requirement, SpecDoc
from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.commands import AcceptPlan, Command, Record, RecordAll, StartTask
from codecompanion.domain.errors import BadInput
from codecompanion.domain.events import (
    ChecksCompleted,
    CommandExecuted,
    PatchRevalidated,
    PlanAccepted,
    SearchCompleted,
    Snapshotted,
    TreeInspected,
    decode,
)
from codecompanion.domain.ledgers import TaskLedger, WorkItem
from codecompanion.domain.scope import tidy_scope
from codecompanion.domain.state import Running
from codecompanion.domain.steps import SearchRepair, VerifyTree
from codecompanion.domain.tidying import Diagnostic, Inspection, TidyTask, WorkKind, added, not_importable
from codecompanion.execution.measuring import base_report, judge
from codecompanion.execution.repairing import BUILTIN
from codecompanion.execution.revalidating import see_users_files
from codecompanion.execution.tolerating import measure_base_tolerantly, measure_tolerantly
from codecompanion.execution.toolbox import Toolbox
from codecompanion.ports import ToolRun

TITLES = {
    WorkKind.LINT: "Fix the lint findings",
    WorkKind.FORMAT: "Format the code",
    WorkKind.NAMES: "Give undefined names a meaning",
    WorkKind.DEPENDENCIES: "Declare the missing dependencies",
}
CRITERIA = (
    "fewer findings of the tools remain, none of them new",
    "every test that passed on the base still passes",
)


async def measure_base(tools: Toolbox, state: Running) -> None:
    """Write down what the tests say before anything is changed; a project without tests can be tidied too."""
    assert state.base is not None
    if state.profile is None or state.profile.language.value != "python":
        raise BadInput("the project is not Python", fix="without a model only Python is linted, formatted and completed")
    await measure_base_tolerantly(tools, state)


async def inspect_base(tools: Toolbox, state: Running) -> None:
    """Let the tools look at the untouched base."""
    assert state.base is not None
    await _inspect(tools, state, state.base, key="inspect:base", modules=None)


async def _inspect(
    tools: Toolbox, state: Running, tree: Snapshotted, *, key: str, modules: tuple[str, ...] | None
) -> tuple[Inspection, tuple[str, ...]]:
    """Return what the tools say of a tree, and the ids of the events that show it; record what is to be mended."""
    inspection, evidence = await _look(tools, state, tree, key=key, modules=modules)
    told = TreeInspected(label=tree.label, tree=tree.tree, findings=inspection.by_rule, evidence=evidence)
    await tools.journal.derive(f"told:{key}", Record(told))
    return inspection, evidence


async def _look(
    tools: Toolbox, state: Running, tree: Snapshotted, *, key: str, modules: tuple[str, ...] | None
) -> tuple[Inspection, tuple[str, ...]]:
    async def effect() -> Command:
        if tree != state.head:
            await tools.workspace.restore(tools.run_id, Path(state.request.repo), tree.commit)
        inspected = await tools.tidier.inspect(_task(tools, state, modules))
        await tools.workspace.restore(tools.run_id, Path(state.request.repo), tree.commit)
        said = _without_secrets(tools, inspected.inspection).model_dump_json()
        return RecordAll(await _executed(tools, tree, key, inspected.runs, said))

    events = await tools.journal.once(key, effect)
    return await inspection_of(tools, key), tuple(event.event_id for event in events)


def _without_secrets(tools: Toolbox, inspection: Inspection) -> Inspection:
    def redacted(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        return tuple(one.model_copy(update={"message": tools.redact(one.message)}) for one in diagnostics)

    return inspection.model_copy(update={"asked": redacted(inspection.asked), "others": redacted(inspection.others)})


async def inspection_of(tools: Toolbox, key: str) -> Inspection:
    """Return what an inspection said, from the log."""
    executed = decode((await tools.journal.recall(key))[0])
    assert isinstance(executed, CommandExecuted)
    return Inspection.model_validate_json(await tools.blobs.get(executed.report_sha256))


def _task(tools: Toolbox, state: Running, modules: tuple[str, ...] | None) -> TidyTask:
    assert state.profile is not None
    return TidyTask(
        root=str(tools.workspace.path(tools.run_id)),
        kind=state.request.kind,
        objective=state.request.objective,
        interpreter=state.profile.interpreter,
        packages=state.profile.packages,
        modules=modules,
        timeout_s=tools.deadline.left_s(purpose="the project was looked at"),
    )


async def _executed(
    tools: Toolbox, tree: Snapshotted, purpose: str, runs: Sequence[ToolRun], said: str
) -> tuple[CommandExecuted, ...]:
    """Return the facts of commands that ran on a tree; `said` is the JSON of what was read in their output."""
    report_sha256 = await tools.blobs.put(said.encode())
    return tuple(
        [
            CommandExecuted(
                purpose=purpose,
                argv=run.argv,
                exit_code=run.result.exit_code,
                exceeded=run.result.exceeded,
                duration_s=round(run.result.duration_s, 3),
                tree=tree.tree,
                sandbox=tools.sandbox_rung,
                output_sha256=await tools.blobs.put(tools.redact(_output(run)).encode()),
                report_sha256=report_sha256,
            )
            for run in runs
        ]
    )


def _output(run: ToolRun) -> str:
    return (run.result.stdout + run.result.stderr).decode(errors="replace")


async def plan_tidying(tools: Toolbox, state: Running) -> None:
    """Write the SpecDoc and fix the one work item of a tidying."""
    inspection = await inspection_of(tools, "inspect:base")
    kind = state.request.kind
    findings = inspection.by_rule.items()
    spec = SpecDoc(
        title=TITLES[kind],
        objective=state.request.objective,
        requirements=tuple(Requirement(id=f"R{i}", description=f"{n} x {rule}") for i, (rule, n) in enumerate(findings, 1)),
        acceptance_criteria=CRITERIA,
        scope=tidy_scope(kind),
        assumptions=inspection.notes,
    )
    spec_sha256 = await tools.artifact(spec, key="spec")
    item = WorkItem(item_id=kind.value, title=spec.title, role="debugger")
    ledger = TaskLedger(goal=state.request.objective, success_criteria=CRITERIA, items=(item,))
    await tools.journal.derive("plan", AcceptPlan(PlanAccepted(ledger=ledger, spec_sha256=spec_sha256)))


async def tidy(tools: Toolbox, state: Running, step: SearchRepair) -> None:
    """Let the tools mend what they can."""
    await tools.journal.derive(f"start:{step.task_id}:{step.attempt}", StartTask(step.task_id, BUILTIN, step.attempt))
    key = f"search:{step.task_id}"
    await tools.journal.once(key, lambda: _tidied(tools, state, step.task_id, key), actor=BUILTIN)


async def _tidied(tools: Toolbox, state: Running, task_id: str, key: str) -> Command:
    assert state.base is not None
    started = time.monotonic()
    tidied = await tools.tidier.tidy(_task(tools, state, None))
    duration_s = time.monotonic() - started
    await tools.workspace.restore(tools.run_id, Path(state.request.repo), state.base.commit)
    said = tidied.result.model_dump_json()
    executed = await _executed(tools, state.base, key, tidied.runs, said)
    searched = SearchCompleted(
        task_id=task_id,
        candidates_tried=len(tidied.result.patches),
        plausible=len(tidied.result.patches),
        exhausted=True,
        duration_s=round(duration_s, 3),
        result_sha256=await tools.blobs.put(said.encode()),
    )
    return RecordAll((*executed, searched))


async def verify_tidied(tools: Toolbox, state: Running, step: VerifyTree) -> None:
    """Let the tools look at the patched tree, run the tests in a clean process, and compare both with the base."""
    assert state.head is not None
    assert state.measured is not None
    before = await inspection_of(tools, "inspect:base")
    attempt = f"{step.task_id}:{step.attempt}"
    after, evidence = await _inspect(tools, state, state.head, key=f"inspect:{attempt}", modules=before.modules)
    tests = await measure_tolerantly(tools, state, state.head, f"verify:{attempt}")
    report = tests.report if tests else SuiteReport()
    broken = await _broken(tools, state, report) if tests else ()
    new = added(before, after)
    checks = ChecksCompleted(
        task_id=step.task_id,
        attempt=step.attempt,
        tree=state.head.tree,
        counts=report.counts,
        broken=broken,
        flaky=report.flaky,
        new_findings=new,
        passed=report.complete and not broken and not new and len(after.asked) < len(before.asked),
        evidence=(*evidence, *(tests.evidence if tests else ())),
    )
    await tools.journal.derive(f"checked:{attempt}", Record(checks))


async def _broken(tools: Toolbox, state: Running, report: SuiteReport) -> tuple[str, ...]:
    """Return the tests that passed on the base and do not any more; those that failed before may go on to fail."""
    assert state.measured is not None
    base, _ = await base_report(tools)
    return judge(base, state, report).broken


async def revalidate_tidied(tools: Toolbox, state: Running) -> None:
    """Merge the change into the user's files as they are now; when they differ from the base, try modules and tests there."""
    seen = await see_users_files(tools, state)
    if seen.merged is None:
        return
    before = await inspection_of(tools, "inspect:base")
    after, evidence = await _look(tools, state, seen.merged, key="inspect:merged", modules=before.modules)
    tests = await measure_tolerantly(tools, state, seen.merged, "revalidate")
    report = tests.report if tests else SuiteReport()
    unimportable = added(Inspection(others=not_importable(before)), Inspection(others=not_importable(after)))
    failing = (*unimportable, *(await _broken(tools, state, report) if tests else ()))
    conclusion = PatchRevalidated(
        counts=report.counts,
        failing=failing,
        passed=report.complete and not failing,
        evidence=(*evidence, *(tests.evidence if tests else ())),
    )
    await tools.journal.derive("revalidated", Record(conclusion))
