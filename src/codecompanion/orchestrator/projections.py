"""Read models: what people and programs want to know of a run, folded from its events."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.candidates import is_candidate
from codecompanion.domain.checks import Counts
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import BadInput
from codecompanion.domain.events import (
    AgentSaid,
    ApprovalRequested,
    ArtifactProduced,
    BaseMeasured,
    BranchDelivered,
    CascadeStepped,
    ChecksCompleted,
    ConsensusReached,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    ModelChosen,
    ModelSwitched,
    PatchApplied,
    PatchUndone,
    PlanAccepted,
    RouteChosen,
    RunCancelled,
    RunClaimed,
    RunCompleted,
    RunFailed,
    RunForked,
    RunPaused,
    RunQueued,
    RunReleased,
    RunResumed,
    RunStarted,
    SearchCompleted,
    Snapshotted,
    TeamCalled,
    TournamentDecided,
    TreeInspected,
    TreeSnapshotted,
    TurnStopped,
    TurnUndone,
    UserSaid,
    decode,
)
from codecompanion.domain.ledgers import TaskLedger


@dataclass(frozen=True, slots=True)
class TurnView:
    """A turn of a chat: what the person said and what the agent answered, None before it did.

    `stopped` is why the turn was ended before, "" when it was not.
    """

    said: str
    answer: AgentSaid | None = None
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """A run at a glance. What is None has not happened.

    `status` is one of queued (it waits for a worker), running, waiting (for a person), paused,
    verified, partial, unverified, failed, nothing_to_do, answered, cancelled.
    Times are in UTC. `calls` are the answers of models, `refused` the requests that failed, `open_calls` those sent without a
    recorded answer, by key and number; `switches` are the changes to another model. `trees` are the recorded (version, label,
    commit) in order, without those of candidates; `findings` is what each inspection counted by rule. `turns` are those of a
    chat, `tournaments` the decided ones, `votes` what judges agreed on, `choices` what a person may choose while the run waits.
    `queued` is None for a run that no worker takes. `routing` are a router's decisions and the steps of its cascades, in order.
    `paused_code` is that of the error for which it was paused last, "" for none.
    """

    run_id: str
    request: RunStarted
    started_at: str
    version: int = 0
    last_at: str = ""
    status: str = "running"
    exit_code: int | None = None
    summary: str = ""
    failure: RunFailed | None = None
    before: Counts | None = None
    after: Counts | None = None
    flaky: tuple[str, ...] = ()
    findings: tuple[dict[str, int], ...] = ()
    search: SearchCompleted | None = None
    artifacts: dict[ArtifactType, str] = field(default_factory=dict[ArtifactType, str])
    trees: tuple[tuple[int, str, str], ...] = ()
    base_tree: str = ""
    branch: BranchDelivered | None = None
    applied: tuple[str, ...] | None = None
    calls: tuple[ModelCallCompleted, ...] = ()
    refused: tuple[ModelCallFailed, ...] = ()
    open_calls: dict[tuple[str, int], ModelCallReserved] = field(default_factory=dict[tuple[str, int], ModelCallReserved])
    plan: TaskLedger | None = None
    switches: tuple[ModelSwitched, ...] = ()
    turns: tuple[TurnView, ...] = ()
    routing: tuple[RouteChosen | CascadeStepped, ...] = ()
    tournaments: tuple[TournamentDecided, ...] = ()
    votes: tuple[ConsensusReached, ...] = ()
    choices: tuple[str, ...] = ()
    parent: RunForked | None = None
    queued: RunQueued | None = None
    paused_code: str = ""

    @property
    def duration_s(self) -> float:
        """Seconds from the start to the last event."""
        begun, last = datetime.fromisoformat(self.started_at), datetime.fromisoformat(self.last_at)
        return (last - begun).total_seconds()

    def tree_at(self, version: int) -> str | None:
        """Return the commit of the tree the worktree had at a version; None before the first."""
        commits = [commit for recorded, _label, commit in self.trees if recorded <= version]
        return commits[-1] if commits else None


def view_of(run_id: str, events: Iterable[Event]) -> RunView:
    """Return a run at a glance.

    Raises:
        BadInput: There is no such run.
    """
    rest = iter(events)
    first = next(rest, None)
    request = decode(first) if first is not None else None
    if first is None or not isinstance(request, RunStarted):
        raise BadInput(f"there is no run {run_id!r}", fix="codecompanion list shows the runs")
    begun = RunView(run_id, request, first.recorded_at, first.version, first.recorded_at)
    return grown(begun, rest)


def grown(view: RunView, events: Iterable[Event]) -> RunView:
    """Return the view after further events."""
    return reduce(_with_event, events, view)


def _with_event(view: RunView, event: Event) -> RunView:  # noqa: C901, PLR0911, PLR0912 - one line a fact
    view = replace(view, version=event.version, last_at=event.recorded_at)
    match decode(event):
        case TreeSnapshotted(candidate=candidate) if candidate:
            return view  # the run's own files stay as they are while candidates compete
        case ChecksCompleted(task_id=task_id) if is_candidate(task_id):
            return view
        case ArtifactProduced(task_id=str(task_id)) if is_candidate(task_id):
            return view
        case (
            TreeSnapshotted(label=label, tree=tree, commit=commit)
            | TurnUndone(tree=Snapshotted(label=label, tree=tree, commit=commit))
        ):
            trees = (*view.trees, (event.version, label, commit))
            return replace(view, trees=trees, base_tree=view.base_tree or tree, artifacts=_artifacts_with(view, tree))
        case TeamCalled(tree=tree):
            trees = (*view.trees, (event.version, tree.label, tree.commit))
            return replace(view, trees=trees, plan=None, after=None, artifacts=_artifacts_with(view, tree.tree))
        case (RouteChosen() | CascadeStepped()) as routed:
            return replace(view, routing=(*view.routing, routed))
        case PlanAccepted(ledger=ledger):
            return replace(view, plan=ledger)
        case BaseMeasured(counts=counts, flaky=flaky):
            return replace(view, before=counts, flaky=flaky)
        case TreeInspected(findings=findings):
            return replace(view, findings=(*view.findings, findings))
        case SearchCompleted() as search:
            return replace(view, search=search)
        case ConsensusReached() as reached:
            return replace(view, votes=(*view.votes, reached))
        case TournamentDecided() as decided:
            return replace(view, tournaments=(*view.tournaments, decided))
        case ChecksCompleted(counts=counts):
            return replace(view, after=counts)
        case ArtifactProduced(artifact_type=kind, sha256=sha256):
            return replace(view, artifacts={**view.artifacts, kind: sha256})
        case ModelCallReserved() as sent:
            return replace(view, open_calls={**view.open_calls, (sent.call, sent.send): sent})
        case ModelCallFailed() as failed:
            still_open = view.open_calls if failed.unsettled else _without(view, failed.call, failed.send)
            return replace(view, refused=(*view.refused, failed), open_calls=still_open)
        case ModelCallCompleted() as answered:
            return replace(view, calls=(*view.calls, answered), open_calls=_answered(view, answered))
        case ApprovalRequested(subject=subject, waits=True, options=options):
            waits = f"a person decides {subject}" if options else f"{subject} waits for approval"
            return replace(view, status="waiting", summary=waits, choices=options)
        case ModelSwitched() as switch:
            return replace(view, switches=(*view.switches, switch))
        case UserSaid(text=text):
            return replace(view, turns=(*view.turns, TurnView(text)))
        case AgentSaid() as answer if view.turns:
            return replace(view, turns=(*view.turns[:-1], replace(view.turns[-1], answer=answer)))
        case TurnStopped(reason=reason) if view.turns:
            return replace(view, turns=(*view.turns[:-1], replace(view.turns[-1], stopped=reason)))
        case ModelChosen(model=model):
            return replace(view, request=view.request.model_copy(update={"model": model}))
        case BranchDelivered() as branch:
            return replace(view, branch=branch)
        case PatchApplied(paths=paths):
            return replace(view, applied=paths)
        case PatchUndone():
            return replace(view, applied=None)
        case RunForked(model=model) as forked:
            request = view.request.model_copy(update={"model": model})
            return replace(
                view, parent=forked, request=request, open_calls={}, queued=None
            )  # what was under way is the parent's
        case RunQueued() as queued:
            return replace(view, queued=queued, status=view.status if view.status in ("paused", "waiting") else "queued")
        case RunClaimed():
            return replace(view, status="running")
        case RunReleased():
            return replace(view, status="queued" if view.status == "running" else view.status)
        case RunPaused(reason=reason, code=code):
            return replace(view, status="paused", summary=reason, paused_code=code)
        case RunResumed() as resumed:
            request = view.request.model_copy(update=resumed.limits())
            status = "running" if view.queued is None else "queued"
            return replace(view, status=status, summary="", request=request, choices=(), paused_code="")
        case RunCompleted(status=status, exit_code=exit_code, summary=summary):
            return replace(view, status=status, exit_code=exit_code, summary=summary)
        case RunFailed(exit_code=exit_code, what=what) as failure:
            return replace(view, status=_status_of_failure(view), exit_code=exit_code, summary=what, failure=failure)
        case RunCancelled(reason=reason):
            return replace(view, status="cancelled", exit_code=1, summary=reason)
        case _:
            return view


def _artifacts_with(view: RunView, tree: str) -> dict[ArtifactType, str]:
    """Return the artifacts when the files are another tree: those of the base are no change, whatever was one before."""
    return {kind: sha for kind, sha in view.artifacts.items() if tree != view.base_tree or kind is not ArtifactType.CODE_PATCH}


def _answered(view: RunView, answered: ModelCallCompleted) -> dict[tuple[str, int], ModelCallReserved]:
    """Return the open calls without the one that was answered; one that is told to be unsettled was not what was answered."""
    last = (answered.call, answered.sends)
    if any(one.unsettled and (one.call, one.send) == last for one in view.refused):
        return view.open_calls
    return _without(view, *last)


def _without(view: RunView, call: str, send: int) -> dict[tuple[str, int], ModelCallReserved]:
    return {key: sent for key, sent in view.open_calls.items() if key != (call, send)}


def _status_of_failure(view: RunView) -> str:
    # What was proven and delivered stays so, also when it could not be brought into the user's files.
    if view.branch is not None:
        return "verified"
    return "unverified" if view.search is not None and view.search.plausible else "failed"
