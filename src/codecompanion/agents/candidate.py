"""One candidate for an attempt of a task: works in a worktree of its own, hands over, and is measured by the real checks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from codecompanion.agents.artifacts import artifact_key
from codecompanion.agents.candidate_journal import CandidateJournal
from codecompanion.agents.handing_over import hand_over
from codecompanion.agents.session import Worked
from codecompanion.agents.verifying import verify_change
from codecompanion.agents.work_copy import WorkCopy
from codecompanion.domain.artifacts import ArtifactType, CodePatch, create_artifact_from_json
from codecompanion.domain.candidates import Rival, Standing, place_of
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.events import ArtifactProduced, ChecksCompleted, HandoffMade, Snapshotted, TreeSnapshotted, decode
from codecompanion.domain.ledgers import TaskStatus
from codecompanion.domain.state import Running, tree_label
from codecompanion.domain.steps import AskAgent, VerifyTree
from codecompanion.domain.team import Role
from codecompanion.execution.toolbox import Toolbox

Work = Callable[..., Awaitable[tuple[Worked, WorkCopy]]]
"""Lets an agent work: what `AgentTeam` does for any attempt."""

ALONE = """This is attempt {number} of {count} at the same task, made by agents that know nothing of each other; one is taken. \
Before you settle on a change, think of another one and compare the two."""
"""What an agent is told whose model competes more than once: the same words would lead to the same answer."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a candidate came to. `checks` is None when it handed nothing over: then `fault` says why."""

    rival: Rival
    tools: Toolbox
    state: Running
    """The run as the candidate sees it: the item is its own, and `head` its newest tree."""
    handoff: HandoffMade
    checks: ChecksCompleted | None
    lines: int = 0

    def standing(self, others_failing: tuple[str, ...] = ()) -> Standing:
        """Return what is known of the candidate, with the new tests of others that fail on it."""
        rival, checks, head = self.rival, self.checks, self.state.head
        if checks is None or head is None:
            return Standing(candidate=rival.candidate, model=rival.model, fault=self.handoff.reason)
        return Standing(
            candidate=rival.candidate,
            model=rival.model,
            tree=head.tree,
            commit=head.commit,
            passed=checks.passed,
            broken=len(checks.broken),
            still_failing=len(checks.still_failing),
            integrity=len(checks.integrity),
            others_failing=others_failing,
            lines=self.lines,
        )


async def compete(
    tools: Toolbox, state: Running, step: AskAgent, rival: Rival, *, base: Snapshotted, work: Work, told: str = ""
) -> Entry:
    """Let a candidate do an attempt of a task, beginning with the tree `base`, and measure it.

    Raises what an attempt raises. `told` is said to it beside its assignment.
    """
    own = replace(
        tools, run_id=place_of(tools.run_id, rival.candidate), journal=CandidateJournal(tools.journal, rival.candidate)
    )
    seen = as_seen_by(state, step, rival, told).model_copy(update={"head": base})
    mine, repo = AskAgent(rival.candidate, step.attempt), Path(state.request.repo)
    role = next(Role(one.item.role) for one in seen.progress.items if one.item.item_id == rival.candidate)

    async def begin() -> Command:
        tree = await own.workspace.prepare(own.run_id, repo, base.commit)
        await bring(own, state)
        label = f"{tree_label(rival.candidate, step.attempt)}:base"
        return Record(TreeSnapshotted(label=label, tree=tree.tree, commit=tree.commit, ref=tree.ref))

    await own.journal.once(f"worktree:{rival.candidate}:{step.attempt}", begin)
    against = next(one.reason for one in state.progress.items if one.item.item_id == step.task_id)
    models = (rival.model, *(name for name in state.request.fallback_models if name != rival.model))
    worked, copy = await work(own, seen, role, rival.candidate, step.attempt, models=models, against=against)
    accepted = await hand_over(own, seen, mine, worked, copy)
    handoff = await handoff_of(own, rival.candidate, step.attempt)
    if not accepted:
        return Entry(rival, own, seen, handoff, None)
    label = tree_label(rival.candidate, step.attempt)

    async def labelled() -> Command:
        return Record(await copy.snapshot(label))

    events = await own.journal.once(f"tree:{rival.candidate}:{step.attempt}", labelled)
    tree = next(fact for fact in map(decode, events) if isinstance(fact, TreeSnapshotted))
    after = seen.model_copy(update={"head": Snapshotted(label=label, tree=tree.tree, commit=tree.commit)})
    checks = await verify_change(own, after, VerifyTree(rival.candidate, step.attempt))
    return Entry(rival, own, after, handoff, checks, await lines_of(own, rival.candidate, step.attempt))


def as_seen_by(state: Running, step: AskAgent, rival: Rival, told: str = "") -> Running:
    """Return the run with the candidate's item in the place of the task's, and its model in the place of the run's."""
    items = tuple(
        one.model_copy(
            update={
                "item": one.item.model_copy(
                    update={
                        "item_id": rival.candidate,
                        "instructions": "\n\n".join(filter(None, (one.item.instructions, told))),
                    }
                ),
                "status": TaskStatus.IN_PROGRESS,
                "attempt": step.attempt,
            }
        )
        if one.item.item_id == step.task_id
        else one
        for one in state.progress.items
    )
    request = state.request.model_copy(update={"model": rival.model})
    return state.model_copy(update={"progress": state.progress.model_copy(update={"items": items}), "request": request})


async def bring(own: Toolbox, state: Running) -> None:
    """Lay what git ignores and the code needs into a candidate's worktree, as into the run's own."""
    if state.brought is not None and state.brought.commit is not None:
        await own.workspace.bring(own.run_id, Path(state.request.repo), state.brought.commit)


async def handoff_of(tools: Toolbox, task_id: str, attempt: int) -> HandoffMade:
    """Return what an attempt handed over."""
    events = await tools.journal.recall(f"handoff:{task_id}:{attempt}")
    return next(fact for fact in map(decode, events) if isinstance(fact, HandoffMade))


async def patch_of(tools: Toolbox, task_id: str, attempt: int) -> CodePatch | None:
    """Return the change that an attempt handed over, None when there is none."""
    try:
        events = await tools.journal.recall(artifact_key(task_id, attempt, ArtifactType.CODE_PATCH))
    except KeyError:
        return None
    produced = next(fact for fact in map(decode, events) if isinstance(fact, ArtifactProduced))
    patch = create_artifact_from_json(await tools.blobs.get(produced.sha256))
    assert isinstance(patch, CodePatch)
    return patch


async def lines_of(tools: Toolbox, task_id: str, attempt: int) -> int:
    """Return how many lines the change of an attempt adds and removes."""
    patch = await patch_of(tools, task_id, attempt)
    return sum(one.lines_added + one.lines_removed for one in patch.files_changed) if patch else 0
