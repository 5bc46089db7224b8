"""A team at work on a run: a plan is made, each task given to its role's agent, what it hands over checked and recorded."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic_ai.messages import ModelMessage

from codecompanion.agents.approvals import Approvals
from codecompanion.agents.artifacts import ledger_of, spec_of
from codecompanion.agents.briefing import first_words
from codecompanion.agents.conversation import conversation, needs_briefing, record_answer, words_of
from codecompanion.agents.desks import desk_for
from codecompanion.agents.evidence import Evidence
from codecompanion.agents.handing_over import hand_over, record_review
from codecompanion.agents.kit import AgentKit
from codecompanion.agents.material import briefing_of
from codecompanion.agents.mcp_tools import open_mcp_tools
from codecompanion.agents.outlook import Outlook
from codecompanion.agents.outputs import Plan, Review
from codecompanion.agents.panel_review import review_by_panel
from codecompanion.agents.prompting import recorded_prompt
from codecompanion.agents.role_specs import PLAN_ATTEMPTS, PLANNING, ROLE_SPECS
from codecompanion.agents.routed import models_for
from codecompanion.agents.session import Session, Worked
from codecompanion.agents.team_report import report_change
from codecompanion.agents.tournament import hold_tournament
from codecompanion.agents.verifying import may_touch, revalidate_tolerantly, verify_change
from codecompanion.agents.work_copy import WorkCopy
from codecompanion.domain.artifacts import Requirement, ScopeContract, SpecDoc
from codecompanion.domain.chat import is_chat
from codecompanion.domain.commands import AcceptPlan, Command, Record, StartTask
from codecompanion.domain.errors import ModelUnavailable
from codecompanion.domain.events import PlanAccepted
from codecompanion.domain.ledgers import TaskLedger, WorkItem
from codecompanion.domain.scope import repair_scope
from codecompanion.domain.state import Running, brought_paths, progress_of, tree_label
from codecompanion.domain.steps import AskAgent, VerifyTree
from codecompanion.domain.team import WRITERS, Role, TeamName
from codecompanion.domain.tidying import WorkKind
from codecompanion.domain.tournament import entrants
from codecompanion.execution.measuring import report_of_base
from codecompanion.execution.planning import scope_of
from codecompanion.execution.tolerating import measure_base_of_team
from codecompanion.execution.toolbox import Toolbox

SOLO_TASK = "solo"
ALL = ScopeContract(allowed=("*",), forbidden=(".git/*", ".codecompanion/*"))


class AgentTeam:
    """Does the steps of a run with agents. Made for a run and a process; it keeps no state of its own."""

    def __init__(self, kit: AgentKit) -> None:
        self._kit = kit

    async def measure_base(self, tools: Toolbox, state: Running) -> None:
        """Write down what the tests say before anything is changed; what cannot be run stops the run before it is paid for.

        Meanwhile the files are indexed for the agents' first questions.
        """
        async with self._outlook(tools, state).warming():
            await measure_base_of_team(tools, state)

    async def make_plan(self, tools: Toolbox, state: Running) -> None:
        """Let the project manager plan; one agent alone needs no plan but the objective."""
        if state.request.team is TeamName.SOLO or state.request.kind is WorkKind.REPAIR:
            spec, ledger = await _plan_for_one(tools, state)
        else:
            spec, ledger = await self._planned(tools, state)
        of_team = ":team" if state.called else ""  # the builtin mind, which went first, had a plan of its own
        spec_sha256 = await tools.artifact(spec, key=f"spec{of_team}")
        await tools.journal.derive(f"plan{of_team}", AcceptPlan(PlanAccepted(ledger=ledger, spec_sha256=spec_sha256)))

    async def _planned(self, tools: Toolbox, state: Running) -> tuple[SpecDoc, TaskLedger]:
        worked, models = Worked(None, "", {}), (state.request.model,)
        first = state.takeovers * PLAN_ATTEMPTS + 1  # what another model said of the plan stays in the log under its number
        for attempt in range(first, first + PLAN_ATTEMPTS):
            models = await models_for(tools, self._kit, state, Role.PROJECT_MANAGER, PLANNING, attempt=attempt)
            worked, _ = await self._work(
                tools, state, Role.PROJECT_MANAGER, PLANNING, attempt, models=models, against=worked.failure
            )
            if isinstance(worked.output, Plan):
                objective, team = state.request.objective, state.request.team or TeamName.STANDARD
                return spec_of(worked.output, objective), ledger_of(worked.output, objective, team)
        raise ModelUnavailable(
            f"the model {models[0]} made no plan in {PLAN_ATTEMPTS} attempts",
            cause=worked.failure,
            fix="try --team solo, or another model with --model",
        )

    async def ask(self, tools: Toolbox, state: Running, step: AskAgent) -> None:
        """Let the agent of a task work, and record what it hands over."""
        entry = progress_of(state, step.task_id)
        role, attempt = Role(entry.item.role), step.attempt
        models = await models_for(tools, self._kit, state, role, step.task_id, attempt=attempt)
        if not models:
            return
        await tools.journal.derive(f"start:{step.task_id}:{attempt}", StartTask(step.task_id, models[0], attempt))
        if rivals := entrants(state, entry, attempt):
            await hold_tournament(tools, self._kit, state, step, models=rivals, work=self._work)
            return
        several = role is Role.REVIEWER and bool(state.request.reviewers)
        if several and await review_by_panel(tools, self._kit, state, step, self._work):
            return
        earlier = await conversation(tools, state) if is_chat(state) else ()
        worked, copy = await self._work(
            tools, state, role, step.task_id, attempt, models=models, against=entry.reason, earlier=earlier
        )
        if is_chat(state):
            await record_answer(tools, state, step, worked, copy)
            return
        if isinstance(worked.output, Review):
            await record_review(tools, state, step, worked.output, models[0])
            return
        accepted = await hand_over(tools, state, step, worked, copy)
        if accepted and role in WRITERS:
            # After the handoff: a run that was killed between the two hands over before it goes on to the checks.
            label = tree_label(step.task_id, attempt)
            await tools.journal.once(f"tree:{step.task_id}:{attempt}", lambda: _labelled(copy, label))

    async def verify(self, tools: Toolbox, state: Running, step: VerifyTree) -> None:
        """Run the whole suite on what an agent changed."""
        await verify_change(tools, state, step)

    async def revalidate(self, tools: Toolbox, state: Running) -> None:
        """Try the change on the user's own files, when there are tests to try it with."""
        await revalidate_tolerantly(tools, state)

    async def report(self, tools: Toolbox, state: Running) -> None:
        """Say what was achieved."""
        await report_change(tools, state)

    def _outlook(self, tools: Toolbox, state: Running) -> Outlook:
        return Outlook(tools.workspace.path(tools.run_id), Path(state.request.repo), self._kit.state_dir, self._kit.say)

    async def _work(
        self,
        tools: Toolbox,
        state: Running,
        role: Role,
        task_id: str,
        attempt: int,
        *,
        models: tuple[str, ...],
        against: str,
        earlier: Sequence[ModelMessage] = (),
    ) -> tuple[Worked, WorkCopy]:
        assert state.base is not None
        assert state.head is not None
        spec, repo = ROLE_SPECS[role], Path(state.request.repo)
        scope = ALL if state.plan is None else await scope_of(tools, state)
        number = (_place(state, task_id) + 1) * 100 + attempt
        outlook = self._outlook(tools, state)
        ignored, may_edit = frozenset(brought_paths(state)), may_touch(scope)
        copy = WorkCopy(
            tools, repo, outlook, Evidence(), Approvals(self._kit.ask), state.base, state.head, may_edit, number, ignored
        )
        desk = desk_for(tools, self._kit, state, copy, base=await report_of_base(tools))

        async def words() -> str:
            if is_chat(state) and not needs_briefing(state):
                return words_of(state)
            briefing = await briefing_of(tools, self._kit, state, task_id, against)
            if is_chat(state):
                briefing = replace(briefing, objective=words_of(state))
            return await first_words(briefing, state, spec, outlook)

        opens = self._kit.mcp if state.request.mcp else None
        async with open_mcp_tools(tools, opens, spec, desk, self._kit.say) as mcp:
            own_words = await recorded_prompt(state.request, tools.blobs, spec)
            session = Session(tools, self._kit, spec, models, task_id, attempt, copy, desk, mcp, own_words)
            return await session.work(words, earlier), copy


def _place(state: Running, task_id: str) -> int:
    ids = [entry.item.item_id for entry in state.progress.items]
    return ids.index(task_id) + 1 if task_id in ids else 0


async def _labelled(copy: WorkCopy, label: str) -> Command:
    return Record(await copy.snapshot(label))


async def _plan_for_one(tools: Toolbox, state: Running) -> tuple[SpecDoc, TaskLedger]:
    """Return the contract and the one item of a run that one agent does: the objective, or the failing tests."""
    assert state.measured is not None
    base = await report_of_base(tools)
    repair = state.request.kind is WorkKind.REPAIR
    failing = state.measured.failing if repair else ()
    criteria = (
        *(("every test that failed on the base passes",) if repair else ("the objective is met",)),
        "every test that passed on the base still passes",
    )
    required = failing or (state.request.objective,)
    role = Role.DEBUGGER if repair and state.request.team is not TeamName.SOLO else Role.SOLO
    spec = SpecDoc(
        title=_first_line(state.request.objective),
        objective=state.request.objective,
        requirements=tuple(
            Requirement(id=f"R{i}", description=f"{one} passes" if repair else one) for i, one in enumerate(required, 1)
        ),
        acceptance_criteria=criteria,
        scope=_repair_scope(tuple(o.test_id for o in base.outcomes)) if repair and base else ALL,
    )
    items = [WorkItem(item_id=SOLO_TASK, title=spec.title, role=role)]
    if role is Role.DEBUGGER:
        items.append(WorkItem(item_id="review", title="Review the change", role=Role.REVIEWER, depends_on=(SOLO_TASK,)))
    return spec, TaskLedger(goal=state.request.objective, success_criteria=criteria, items=tuple(items))


def _repair_scope(test_ids: tuple[str, ...]) -> ScopeContract:
    forbidden = (*repair_scope(test_ids).forbidden, *ALL.forbidden)
    return ScopeContract(allowed=("*",), forbidden=forbidden)


def _first_line(text: str, longest: int = 72) -> str:
    line = text.strip().splitlines()[0]
    return line if len(line) <= longest else f"{line[: longest - 3]}..."
