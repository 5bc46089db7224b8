"""What an agent hands over: its artifacts, whole, with the rules checked. What breaks a rule goes back with the reason."""

from pathlib import Path

from codecompanion.agents.artifacts import artifact_key, artifact_of, design_doc, pull_request, test_plan, triage
from codecompanion.agents.outputs import Design, Finish, Output, PullRequestWritten, Remark, Review, TestsWritten, Triaged
from codecompanion.agents.sending_back import Writing, sent_back
from codecompanion.agents.session import Worked
from codecompanion.agents.work_copy import WorkCopy
from codecompanion.domain.artifacts import (
    ArtifactType,
    Claim,
    CodePatch,
    artifact_bytes,
    create_artifact_from_json,
)
from codecompanion.domain.citing import cited, claims_in
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.events import ArtifactProduced, HandoffMade, ReviewCompleted, Snapshotted, decode
from codecompanion.domain.ledgers import ItemProgress
from codecompanion.domain.scope import allows, needs_a_person
from codecompanion.domain.state import Running, progress_of
from codecompanion.domain.steps import AskAgent
from codecompanion.domain.team import REVIEW_BAR, WRITERS, Role, handoff_fault
from codecompanion.execution.planning import scope_of
from codecompanion.execution.reporting import file_changes
from codecompanion.execution.toolbox import Toolbox


async def hand_over(tools: Toolbox, state: Running, step: AskAgent, worked: Worked, copy: WorkCopy) -> bool:
    """Record the artifacts of an attempt and whether they are accepted, which is returned."""
    entry = progress_of(state, step.task_id)
    role = Role(entry.item.role)
    made: dict[ArtifactType, str] = {}
    outside: tuple[str, ...] = ()
    if worked.output is not None:
        made = await _documents(tools, entry, step.attempt, worked.output)
        if role in WRITERS and (copy.changed or step.attempt > 1) and copy.head.tree != copy.base.tree:
            patch, made[ArtifactType.CODE_PATCH] = await keep_patch(tools, state, step, worked.output, copy.head)
            scope = await scope_of(tools, state)
            paths = [change.path for change in patch.files_changed if change.path not in copy.approvals.paths]
            outside = tuple(path for path in paths if not allows(scope, path) or needs_a_person(path))
    nothing_to_do = worked.output.nothing_to_do.strip() if isinstance(worked.output, Finish) else ""
    reason = worked.failure or handoff_fault(role, made, outside, needs_change=not nothing_to_do)
    handoff = HandoffMade(
        task_id=step.task_id,
        attempt=step.attempt,
        role=role,
        artifacts=tuple(made.values()),
        summary=worked.output.summary if isinstance(worked.output, Finish) else "",
        claims=_claims(worked),
        accepted=not reason,
        reason=reason,
    )
    await tools.journal.derive(f"handoff:{step.task_id}:{step.attempt}", Record(handoff), actor=role.value)
    return handoff.accepted


def _claims(worked: Worked) -> tuple[Claim, ...]:
    """Return an agent's claims with the events that it cites; that it cited what does not exist is said."""
    if not isinstance(worked.output, Finish):
        return ()
    output = worked.output
    said = cited([(one.text, one.evidence) for one in output.claims], worked.evidence)
    in_prose = claims_in(output.summary, worked.evidence)
    assumed = cited([(f"assumed: {one}", ()) for one in output.assumptions], {})
    because = cited([(f"nothing is to be done: {output.nothing_to_do}", ())] if output.nothing_to_do else [], {})
    made_up = tuple(Claim(text=note) for note in (*said.notes, *in_prose.notes))
    return (*said.claims, *in_prose.claims, *because.claims, *assumed.claims, *made_up)


async def _documents(tools: Toolbox, entry: ItemProgress, attempt: int, output: Output) -> dict[ArtifactType, str]:
    match output:
        case Design():
            artifact = design_doc(output, entry.item.title)
        case TestsWritten():
            artifact = test_plan(output, entry.item.title)
        case Triaged():
            artifact = triage(output, entry.item.title)
        case PullRequestWritten():
            artifact = pull_request(output)
        case _:
            return {}
    kind, task_id = ArtifactType(artifact.artifact_type), entry.item.item_id
    return {kind: await tools.artifact(artifact, key=artifact_key(task_id, attempt, kind), task_id=task_id)}


async def keep_patch(
    tools: Toolbox, state: Running, step: AskAgent, output: Output, head: Snapshotted
) -> tuple[CodePatch, str]:
    """Keep the change of the run so far as the attempt's CodePatch, and return it with its sha256."""
    title = progress_of(state, step.task_id).item.title

    async def effect() -> Command:
        assert state.base is not None
        diff = await tools.workspace.diff(Path(state.request.repo), state.base.commit, head.commit)
        patch = CodePatch(
            title=title,
            description=(output.summary if isinstance(output, Finish) else "") or title,
            base_commit=state.base.commit,
            files_changed=file_changes(diff),
            diff_unified=tools.redact(diff),  # it is shown and never applied, and nobody has looked yet for a new secret in it
        )
        sha256 = await tools.blobs.put(artifact_bytes(patch))
        kind = ArtifactType.CODE_PATCH
        return Record(ArtifactProduced(artifact_type=kind, sha256=sha256, title=patch.title, task_id=step.task_id))

    key = artifact_key(step.task_id, step.attempt, ArtifactType.CODE_PATCH)
    produced = decode((await tools.journal.once(key, effect))[0])
    assert isinstance(produced, ArtifactProduced)
    patch = create_artifact_from_json(await tools.blobs.get(produced.sha256))
    assert isinstance(patch, CodePatch)
    return patch, produced.sha256


def _sure_of(review: Review) -> list[Remark]:
    return [one for one in review.remarks if one.confidence >= REVIEW_BAR]


def passes(review: Review) -> bool:
    """Whether a review by itself lets a change pass."""
    return review.score >= REVIEW_BAR and all(one.severity != "blocker" for one in _sure_of(review))


async def record_review(
    tools: Toolbox, state: Running, step: AskAgent, review: Review, model: str, *, accepted: bool | None = None
) -> None:
    """Record what a reviewer says; findings that it is not sure of are counted and not shown.

    `accepted` is what several reviewers decided together, None when there is one.
    """
    sure = _sure_of(review)
    findings = tuple(f"{one.where}: {one.what}" for one in sure)
    accepted = passes(review) if accepted is None else accepted
    held_against = [] if accepted else [(one.where, one.what) for one in sure]
    back = sent_back(held_against, await _writings(tools, state))
    judged = ReviewCompleted(
        task_id=step.task_id,
        attempt=step.attempt,
        reviewed=tuple(back),
        score=review.score,
        accepted=accepted,
        findings=findings,
        concerns=back if len(back) > 1 else {},
        hidden=len(review.remarks) - len(sure),
        model=model,
    )
    key = f"review:{step.task_id}:{step.attempt}"
    await tools.journal.derive(key, Record(judged), actor=Role.REVIEWER.value)


async def _writings(tools: Toolbox, state: Running) -> list[Writing]:
    """Return the writers of the plan, each with the run's change as it handed it over."""
    found: list[Writing] = []
    for entry in state.progress.items:
        if entry.item.role in WRITERS:
            patch = await artifact_of(tools, entry, ArtifactType.CODE_PATCH)
            diff = patch.diff_unified if isinstance(patch, CodePatch) else ""
            found.append(Writing(entry.item.item_id, Role(entry.item.role), diff))
    return found
