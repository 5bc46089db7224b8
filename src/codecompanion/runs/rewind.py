"""Replay a run from its log, look at it as it was, and fork from there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from codecompanion.domain.artifacts import ArtifactType, CodePatch, create_artifact_from_json
from codecompanion.domain.chat import act_key, is_chat
from codecompanion.domain.commands import ForkRun
from codecompanion.domain.envelope import Draft, Event, unseal
from codecompanion.domain.errors import BadInput, CommandRefused
from codecompanion.domain.events import RunForked
from codecompanion.domain.state import Running, State
from codecompanion.domain.team import is_teams
from codecompanion.execution.replay import OfflineSandbox, ReadOnlyBlobs, RecordEnded, ReplayDiverged, ReplayJournal
from codecompanion.execution.toolbox import Hearing
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator, state_hash
from codecompanion.orchestrator.projections import RunView
from codecompanion.orchestrator.react import react
from codecompanion.ports import BlobStore, EventStore
from codecompanion.runs.elsewhere import bring_home
from codecompanion.runs.find import view_run
from codecompanion.runs.resuming import approval_key
from codecompanion.runs.starting import new_run_id
from codecompanion.storage.memory import MemoryEventStore
from codecompanion.wiring import App
from codecompanion.wiring.engines import engine_with

CONTROL = frozenset(
    {
        *("RunPaused", "RunResumed", "RunFailed", "RunCancelled", "PatchApplied", "PatchUndone"),
        *("RunQueued", "RunClaimed", "RunReleased", "TreesPacked"),
    }
)
"""Facts that came from outside the run's own work: a replay takes them over as they are."""

OF_AN_EFFECT = frozenset({"ToolIntended", "ModelCallReserved", "ModelCallFailed"})
"""Facts that are recorded while an effect is being done, and tell nothing that its result does not."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What an offline replay came to: `events` were replayed, `diff` is the run's change, "" when it has none."""

    state: State
    state_sha256: str
    events: int
    diff: str


async def replay_offline(app: App, run_id: str) -> Replayed:
    """Run again from the log alone and return what came of it.

    Nothing is executed and nothing outside the log is read: effects are answered from it, conclusions are drawn anew.

    Raises:
        ReplayDiverged: The conclusions of today's code are not the recorded ones.
    """
    replayed = MemoryEventStore()
    orchestrator = EventSourcedOrchestrator(replayed, app.clock, app.nearby, redact=lambda data: data)
    await _copy((app.store, run_id), (replayed, run_id), up_to=await _fork_point(app.store, run_id), draft=unseal)
    await _drive(app, run_id, replayed, orchestrator)
    await _take_over_rest(app.store, run_id, replayed)
    state = (await orchestrator.load(run_id)).state
    recorded = (await app.orchestrator.load(run_id)).state
    if state_hash(state) != state_hash(recorded):
        raise ReplayDiverged(f"the replay of {run_id!r} ends in another state than was recorded")
    diff = await diff_of(app.blobs, await view_run(replayed, run_id))
    return Replayed(state, state_hash(state), len(await replayed.read(run_id)), diff)


async def _drive(app: App, run_id: str, replayed: EventStore, orchestrator: EventSourcedOrchestrator) -> None:
    journal = ReplayJournal(run_id, app.store, replayed, lambda command: orchestrator.conclude(run_id, command))
    while isinstance(state := (await orchestrator.load(run_id)).state, Running):
        step = react(state)
        if step is None and state.awaiting is None and not is_chat(state):
            return
        engine = engine_with(
            app,
            run_id,
            state.request,
            journal=journal,
            sandbox=OfflineSandbox(),
            hearing=Hearing(),
            blobs=ReadOnlyBlobs(app.blobs),
        )
        try:
            if step is None:
                await journal.take_over(act_key(state) if is_chat(state) else approval_key(state))
            else:
                await engine.perform(run_id, state, step)
        except RecordEnded:
            if step is None or not is_chat(state) or not await _was_stopped(journal, state):
                return


async def _was_stopped(journal: ReplayJournal, state: Running) -> bool:
    """Whether the record of a turn ends because the person ended it; then that is taken over."""
    try:
        await journal.take_over(act_key(state))
    except RecordEnded:
        return False
    return True


async def _take_over_rest(recorded: EventStore, run_id: str, replayed: EventStore) -> None:
    copied = await replayed.read(run_id)
    known = {event.event_id for event in copied}
    rest = [event for event in await recorded.read(run_id) if event.event_id not in known and event.type != "ToolIntended"]
    for event in rest:
        if event.type not in CONTROL | OF_AN_EFFECT:
            raise ReplayDiverged(f"the replay of {run_id!r} never came to event {event.version} ({event.type})")
    if rest:
        await replayed.append(run_id, [unseal(event) for event in rest], expected_version=len(copied))


async def _fork_point(store: EventStore, run_id: str) -> int:
    """Return the version up to which a run is a copy (1 for a run that was not forked: its start)."""
    forks = [event.version for event in await store.read(run_id) if event.type == RunForked.__name__]
    return forks[-1] if forks else 1


async def _copy(
    origin: tuple[EventStore, str], copy: tuple[EventStore, str], *, up_to: int, draft: Callable[[Event], Draft]
) -> None:
    """Copy the first events of a stream into an empty one, append by append, with their keys."""
    (source, run_id), (target, new_id) = origin, copy
    events = await source.read(run_id, up_to_version=up_to)
    key_at = {versions.start: (key, versions) for key, versions in (await source.keys(run_id)).items() if versions[-1] <= up_to}
    version = 0
    while version < len(events):
        key, versions = key_at.get(version + 1, (None, range(version + 1, version + 2)))
        drafts = [draft(event) for event in events[version : versions[-1]]]
        await target.append(new_id, drafts, expected_version=version, idempotency_key=key)
        version = versions[-1]


async def fork(app: App, run_id: str, at_version: int, *, model: str | None = None, child: str | None = None) -> str:
    """Make a new run that shares the first `at_version` events of another, and return its id. Resume it to go on.

    Facts that were recorded in one append stay together: the fork is at the last of them.

    Another model begins the attempt that was under way anew, on the files as they were at the event. `child` is the id of the
    new run; None chooses one.

    Raises:
        BadInput: The run has no such version, or there is no such model.
        ModelUnavailable: The model has no key or address.
        CommandRefused: The run was over at that version, or its plan is for agents and not the builtin mind, or the reverse.
    """
    wanted = None if model is None else app.models.name_of(model)
    await bring_home(app, await check_version(app, run_id, at_version))
    for versions in (await app.store.keys(run_id)).values():
        if at_version in versions[:-1]:
            at_version = versions[-1]  # facts that were recorded together stay together
    parent = await app.orchestrator.load(run_id, at_version=at_version)
    if not isinstance(parent.state, Running):
        raise CommandRefused(
            f"run {run_id} was over at event {at_version}", fix="fork at an earlier event: codecompanion replay"
        )
    model = wanted or parent.state.request.model
    by_others = model != parent.state.request.model and is_teams(model) != parent.state.with_agents
    if by_others and parent.state.plan is not None:
        raise CommandRefused(
            f"the plan of run {run_id} was made for {parent.state.request.model}, which works otherwise than {model}",
            fix="fork before the event PlanAccepted, or start another run: codecompanion run --model",
        )
    child = child or new_run_id(app)

    def draft(event: Event) -> Draft:
        return replace(unseal(event), event_id=app.clock.new_id(), causation_id=event.event_id, correlation_id=child)

    await _copy((app.store, run_id), (app.store, child), up_to=at_version, draft=draft)
    order = ForkRun(run_id, at_version, parent.head_hash, model)
    await app.orchestrator.handle(child, order, actor="user", key="fork")
    repo, brought = Path(parent.state.request.repo), parent.state.brought
    if brought is not None and brought.commit is not None:
        await app.workspace.bring(child, repo, brought.commit)
    if parent.state.head is not None:
        await app.workspace.restore(child, repo, parent.state.head.commit)
    return child


async def check_version(app: App, run_id: str, version: int) -> RunView:
    """Return the run, if it has this version.

    Raises:
        BadInput: It has not.
    """
    view = await view_run(app.store, run_id)
    if not 1 <= version <= view.version:
        raise BadInput(f"run {run_id} has the events 1 to {view.version}, not {version}")
    return view


async def export_tree(app: App, run_id: str, version: int, folder: Path) -> str | None:
    """Write the worktree as it was at a version into a new folder; return the commit, None when there was none yet."""
    view = await check_version(app, run_id, version)
    commit = view.tree_at(version)
    if commit is not None:
        await bring_home(app, view)
        await app.workspace.export(Path(view.request.repo), commit, folder)
    return commit


async def diff_of(blobs: BlobStore, view: RunView) -> str:
    """Return the unified diff of a run's CodePatch, "" when it made none."""
    sha256 = view.artifacts.get(ArtifactType.CODE_PATCH)
    if sha256 is None:
        return ""
    patch = create_artifact_from_json(await blobs.get(sha256))
    assert isinstance(patch, CodePatch)
    return patch.diff_unified
