"""What is said of a team's run in the end: what was proven, what the agents claim, what it cost, what went wrong on the way."""

from codecompanion.agents.mcp_report import about_mcp
from codecompanion.agents.role_specs import PLAN_ATTEMPTS, PLANNING
from codecompanion.agents.stumbles import notes_read, stumbles_of
from codecompanion.domain.artifacts import Claim, EvalReport, SpecDoc, create_artifact_from_json
from codecompanion.domain.checks import Counts
from codecompanion.domain.counting import counted
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import (
    BaseMeasured,
    ChecksCompleted,
    Fact,
    HandoffMade,
    IntegrityExamined,
    ReviewCompleted,
    decode,
)
from codecompanion.domain.ledgers import ItemProgress, TaskStatus
from codecompanion.domain.state import Running
from codecompanion.domain.team import WRITERS, Role
from codecompanion.domain.tidying import WorkKind
from codecompanion.execution.claims import about_the_base, about_the_search
from codecompanion.execution.planning import REPAIR_TASK
from codecompanion.execution.repairing import search_of
from codecompanion.execution.reporting import change_artifact, claims_of_brought_files, claims_of_the_users_files, runbook
from codecompanion.execution.toolbox import Toolbox

STUMBLES_TOLD = 20
"""So many answers that could not be used are told one by one; `answers_not_usable` counts all."""


async def report_change(tools: Toolbox, state: Running) -> None:
    """Keep the CodePatch of a solved run, its Runbook, and the EvalReport of any."""
    changed = state.head is not None and state.base is not None and state.head.tree != state.base.tree
    writers = (entry for entry in state.progress.items if entry.item.role in WRITERS)
    met_already = not changed and all(entry.status is TaskStatus.COMPLETED for entry in writers)
    solved = met_already or all(entry.status is TaskStatus.COMPLETED for entry in state.progress.items)
    claims = [*await claims_of_brought_files(tools, state), *await _about_the_base(tools, state)]
    claims += await _about_the_builtin_mind(tools, state)
    for entry in state.progress.items:
        claims += await _about_a_task(tools, entry)
    claims += await about_mcp(tools)
    claims += [one for work in _works(state) for one in await notes_read(tools, *work)]
    stumbles = [one for work in _works(state) for one in await stumbles_of(tools, *work)]
    claims += stumbles[:STUMBLES_TOLD]
    if met_already:
        claims += await _about_what_was_there(tools, state)
    elif solved:
        claims += await _about_the_change(tools, state)
        claims += await claims_of_the_users_files(tools)
        await tools.artifact(runbook(tools.run_id, state), key="runbook")
    title = "The objective was met already" if met_already else "The objective is met" if solved else "The objective is not met"
    attempts = sum(entry.attempt for entry in state.progress.items)
    metrics: dict[str, float] = {
        "tasks": len(state.progress.items),
        "attempts": attempts,
        "reviews_below_the_bar": state.reviews,
        "answers_not_usable": len(stumbles),
    }
    report = EvalReport(title=title, passed=solved, claims=tuple(claims), metrics=metrics)
    await tools.artifact(report, key="report")


def _works(state: Running) -> list[tuple[str, int, Role]]:
    """Return every attempt of every agent that can have been: its task, its number, its role."""
    work = [(PLANNING, Role.PROJECT_MANAGER, PLAN_ATTEMPTS)]
    work += [(entry.item.item_id, Role(entry.item.role), entry.attempt) for entry in state.progress.items]
    return [(task_id, attempt, role) for task_id, role, attempts in work for attempt in range(1, attempts + 1)]


async def _about_the_base(tools: Toolbox, state: Running) -> list[Claim]:
    measured = decode((await tools.journal.recall("measured"))[0])
    assert isinstance(measured, BaseMeasured)
    if measured.counts == Counts():
        why = "the project has no tests" if not measured.evidence else "the project's tests cannot be run here"
        return [Claim(text=f"{why}: none can prove that behaviour is kept", evidence=measured.evidence)]
    if state.request.kind is WorkKind.REPAIR or measured.failing:
        return about_the_base(measured)
    return [Claim(text=f"before the change {_all_passed(measured.counts.passed)}", evidence=measured.evidence)]


async def _about_the_builtin_mind(tools: Toolbox, state: Running) -> list[Claim]:
    return [about_the_search(*await search_of(tools, REPAIR_TASK))] if state.called else []


async def _about_a_task(tools: Toolbox, entry: ItemProgress) -> list[Claim]:
    claims: list[Claim] = []
    for attempt in range(1, entry.attempt + 1):
        for key in ("handoff", "integrity", "checked", "review"):
            for event in await _recalled(tools, f"{key}:{entry.item.item_id}:{attempt}"):
                claims += _about_a_fact(decode(event), event.event_id, entry, last=attempt == entry.attempt)
    return claims


async def _recalled(tools: Toolbox, key: str) -> list[Event]:
    try:
        return await tools.journal.recall(key)
    except KeyError:
        return []


def _about_a_fact(fact: Fact, event_id: str, entry: ItemProgress, *, last: bool) -> list[Claim]:
    who = f"{entry.item.role.replace('_', ' ')} ({entry.item.item_id})"
    match fact:
        case HandoffMade(accepted=False, attempt=attempt, reason=reason):
            return [Claim(text=f"{who}, attempt {attempt}, was sent back: {reason}", evidence=(event_id,))]
        case HandoffMade(attempt=attempt, claims=claims, summary=summary):
            when = " says" if last else f", attempt {attempt}, said"
            said = [Claim(text=f"{who}{when}: {' '.join(summary.split())}")] if summary.strip() else []
            return [*said, *claims] if last else said
        case IntegrityExamined(told=told) if told and last:
            return [Claim(text=f"worth a look: {'; '.join(told)}", evidence=(event_id,))]
        case ChecksCompleted():
            return _about_checks(fact, who, entry)
        case ReviewCompleted(score=score, findings=findings, model=model, hidden=hidden):
            said = f": {'; '.join(findings)}" if findings else ""
            unsure = f" ({counted(hidden, 'remark is', 'remarks are')} hidden, of which it is not sure)" if hidden else ""
            return [Claim(text=f"the review by {model} gives {score} of 100{said}{unsure}", evidence=(event_id,))]
        case _:
            return []


def _about_checks(checks: ChecksCompleted, who: str, entry: ItemProgress) -> list[Claim]:
    if not checks.passed:
        against = ", ".join((*checks.integrity, *checks.new_findings, *checks.broken, *checks.still_failing)[:5])
        text = f"{who}, attempt {checks.attempt}, was refuted: {against or 'the tests did not end'}"
    elif entry.item.role == Role.TEST_WRITER:
        text = f"new tests failed before the code was changed: {', '.join(checks.new_tests[:5])}"
    else:
        return []
    return [Claim(text=text, evidence=checks.evidence)]


async def _about_the_change(tools: Toolbox, state: Running) -> list[Claim]:
    assert state.proof is not None
    title, description = await _words(tools, state)
    patch, recorded = await change_artifact(tools, state, title, description, state.progress.items[-1].item.item_id)
    files = ", ".join(f"{change.path} ({change.action})" for change in patch.files_changed)
    return [
        *await _about_the_tests(tools, state),
        Claim(text=f"only these files changed: {files}", evidence=(recorded,)),
        Claim(text="behaviour that no test covers is what you want"),
    ]


async def _about_what_was_there(tools: Toolbox, state: Running) -> list[Claim]:
    """Say that nothing was changed, and why: the tests that passed on the very files are evidence, an agent's word is not."""
    assert state.plan is not None
    checks = await _last_checks(tools, state)
    tested = checks is not None and checks.counts.passed
    proven = [Claim(text=f"{_pass(checks.counts.passed)}, none fails", evidence=checks.evidence)] if checks and tested else []
    spec = create_artifact_from_json(await tools.blobs.get(state.plan.spec_sha256))
    assert isinstance(spec, SpecDoc)
    planned = spec.assumptions if not state.progress.items else ()
    return [*proven, *(Claim(text=f"says the project manager: {one}") for one in planned)]


async def _about_the_tests(tools: Toolbox, state: Running) -> list[Claim]:
    checks = await _last_checks(tools, state)
    if checks is None or not checks.counts.passed:
        return []
    text = f"after the change {_pass(checks.counts.passed)} and none that passed before fails"
    claims = [Claim(text=text, evidence=checks.evidence)]
    if checks.new_tests:
        claims.append(Claim(text=counted(len(checks.new_tests), "test is new", "tests are new"), evidence=checks.evidence))
    return claims


async def _last_checks(tools: Toolbox, state: Running) -> ChecksCompleted | None:
    """Return what was measured last, of whichever task: one that a review sent back is measured after those that follow it."""
    asked = [f"checked:{entry.item.item_id}:{entry.attempt}" for entry in state.progress.items]
    events = [event for key in asked for event in await _recalled(tools, key)]
    for event in sorted(events, key=lambda event: event.version, reverse=True):
        if isinstance(checks := decode(event), ChecksCompleted):
            return checks
    return None


async def _words(tools: Toolbox, state: Running) -> tuple[str, str]:
    """Return the title and the description of the change: the plan's, and what its writers say of it.

    Who was sent back goes on with what it had, and in the end often tells only what came to it.
    """
    assert state.plan is not None
    spec = create_artifact_from_json(await tools.blobs.get(state.plan.spec_sha256))
    said: list[str] = []
    for entry in state.progress.items:
        for attempt in range(1, entry.attempt + 1):
            facts = map(decode, await _recalled(tools, f"handoff:{entry.item.item_id}:{attempt}"))
            said += [fact.summary for fact in facts if isinstance(fact, HandoffMade) and fact.accepted and fact.summary]
    return spec.title, "\n\n".join(dict.fromkeys(said)) or spec.title


def _pass(count: int) -> str:
    return counted(count, "test passes", "tests pass")


def _all_passed(count: int) -> str:
    return "the one test passed" if count == 1 else f"all {count} tests passed"
