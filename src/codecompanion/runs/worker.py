"""Work on runs that wait in the log, several at once, beside any number of other workers on any machine.

A worker says every third of its lease that it is there (`Roster`), and claims a run by an event in the run's own stream. The
roster decides who may be taken for dead; the number of the claim decides whose conclusions count (`domain.claiming`).
"""

import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from codecompanion.domain.commands import INTERRUPTED, PauseRun, ReleaseRun
from codecompanion.domain.errors import BadInput, ClaimLost, CodeCompanionError, DatabaseUnavailable, HistoryRegressed
from codecompanion.domain.exhaustion import exhaustion_explained
from codecompanion.domain.topics import APPENDED, TASKS
from codecompanion.execution.nobody import NOBODY
from codecompanion.execution.toolbox import Hearing
from codecompanion.orchestrator.orchestrator import Claim
from codecompanion.ports import Attendance, Message, Sandbox, Workspace
from codecompanion.runs.claimant import Claimant
from codecompanion.runs.elsewhere import away_from_home, fetch_repository
from codecompanion.runs.errands import COPY_PASTE, Errands
from codecompanion.runs.queue import Entry, Queue
from codecompanion.runs.work import carry_on
from codecompanion.runs.worker_home import WorkerHome
from codecompanion.settings import Sourced, project_root
from codecompanion.wiring import App

BEATS_IN_A_LEASE = 3
POLL_S = 1.0
DRAIN_S = 30.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    claim: Claim
    app: App
    entry: Entry

    @property
    def repo(self) -> Path:
        return Path(self.entry.request.repo)

    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    done: anyio.Event = field(default_factory=anyio.Event)


class Worker:
    """One worker. `run` works until it is cancelled, `drain` lets go of all runs before.

    Args:
        app: What it works with.
        sandbox: Where the projects' commands run.
        home: Its own folder.
        size: How many runs it works on at once.
        on_change: Hears a sentence whenever it takes a run or lets go of one.
        errands: Where people carry prompts for the model copy-paste; None leaves such runs to other workers.
    """

    def __init__(
        self,
        app: App,
        sandbox: Sandbox,
        home: WorkerHome,
        size: int,
        on_change: Callable[[str], None] = lambda _words: None,
        *,
        errands: Errands | None = None,
    ) -> None:
        self._app = app
        self._sandbox = sandbox
        self._home = home
        self._workspace: Workspace = app.workspace_in(home.worktrees)
        self._queue = Queue(app.store, app.orchestrator)
        most_lost = app.settings.max_lost_claims
        self._claimant = Claimant(home.worker, self._queue, app.orchestrator, app.roster, home.is_dead, most_lost)
        self._jobs: dict[str, _Job] = {}
        self._not_here: set[str] = set()
        self._nudged = anyio.Event()
        self._on_change = on_change
        self._errands = errands
        self.size = size
        self.draining = False
        self.unheard = ""
        """Why its last sign of life was not recorded, "" when it was: nothing can be recorded then."""

    @property
    def rung(self) -> str:
        """The name of the sandbox that is enforced."""
        return self._sandbox.rung

    def working(self) -> list[str]:
        """Return the ids of the runs that it works on now."""
        return list(self._jobs)

    def waiting(self) -> list[str]:
        """Return the ids of the runs that wait for any worker, the one that waits for longest first."""
        return [one.run_id for one in self._queue.ready() if not one.worker]

    def entries(self) -> list[Entry]:
        """Return the runs that are the workers', as it saw them last, the one that waits for longest first."""
        return self._queue.entries()

    def app_for(self, repo: Path, flags: dict[str, Any]) -> App:
        """Return the app with the settings of a repository and of a request; nothing is done here without a real sandbox.

        Raises:
            BadInput: A setting cannot be used.
        """
        given = {name: value for name, value in flags.items() if value is not None}
        settings = Sourced.load(self._app.environ, project=project_root(repo), flags=given).settings
        ours = {"state_dir": self._app.settings.state_dir, "allow_weak_sandbox": False}
        return replace(self._app, settings=settings.model_copy(update=ours))

    async def run(self) -> None:
        """Take runs and work on them until cancelled; call `drain` first, or others wait until the lease is over."""
        await self._be_heard()
        self._app.alerts.begin()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._keep_beating)
            tasks.start_soon(self._listen)
            while True:
                self._nudged = anyio.Event()
                try:
                    with exhaustion_explained():
                        await self._look_round(tasks)
                except CodeCompanionError as error:
                    _log.warning("nothing can be taken now: %s", error.what)
                with anyio.move_on_after(min(POLL_S, self._beat_s)):
                    await self._nudged.wait()

    def nudge(self) -> None:
        """Look at the log now."""
        self._nudged.set()

    async def drain(self) -> None:
        """Take no more runs, let go of all and take leave; each goes on elsewhere, where it was."""
        self.draining = True
        with suppress(CodeCompanionError):
            await self._beat()
        for job in [*self._jobs.values()]:
            job.scope.cancel()
        with anyio.move_on_after(DRAIN_S):
            for job in [*self._jobs.values()]:
                await job.done.wait()
        with suppress(CodeCompanionError):
            await self._app.roster.leave(self._home.worker)

    async def let_go(self, run_id: str) -> None:
        """Stop working on a run that was paused or ended; one that is not worked on here is left alone."""
        job = self._jobs.get(run_id)
        if job is not None:
            job.scope.cancel()
            await job.done.wait()

    @property
    def _beat_s(self) -> float:
        return self._app.settings.worker_lease_s / BEATS_IN_A_LEASE

    async def _beat(self) -> None:
        place = f"{socket.gethostname()}:{os.getpid()}"
        lease_s = self._app.settings.worker_lease_s
        await self._app.roster.beat(Attendance(self._home.worker, place, self.size, lease_s, self.draining))

    async def _be_heard(self) -> None:
        try:
            await self._beat()
        except CodeCompanionError as error:
            _log.warning("this worker is not heard: %s", error.what)
            self.unheard = error.what
        else:
            self.unheard = ""

    async def _keep_beating(self) -> None:
        while True:
            await anyio.sleep(self._beat_s)
            if not self.draining:
                await self._be_heard()

    async def _listen(self) -> None:
        async def hear(_message: Message) -> None:
            if len(self._jobs) < self.size:
                self.nudge()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(self._app.nearby.watch, APPENDED, handler=hear))
            tasks.start_soon(partial(self._app.bus.watch, TASKS, handler=hear))

    async def _look_round(self, tasks: TaskGroup) -> None:
        await self._queue.look()
        for job in self._jobs.values():
            if self._claimant.has_lost(job.claim):
                job.scope.cancel()
        while (
            not self.draining
            and len(self._jobs) < self.size
            and (free := await self._claimant.free(self._jobs.keys(), self._not_here))
        ):
            job = await self._claimed(free[0])
            if job is not None:
                self._jobs[job.claim.run_id] = job
                tasks.start_soon(self._do, job)
            await self._queue.look()

    async def _claimed(self, entry: Entry) -> _Job | None:
        """Claim a run; return None when another was faster, or it cannot be worked on here."""
        try:
            self._check(entry)
        except CodeCompanionError as error:
            self._not_here.add(entry.run_id)
            _log.warning("run %s is left to other workers: %s", entry.run_id, error.what)
            return None
        claim = await self._claimant.claim(entry)
        if claim is None:
            return None
        self._on_change(f"takes run {entry.run_id}")
        app = replace(self._app, orchestrator=self._app.orchestrator.under(claim), workspace=self._workspace)
        return _Job(claim, app, entry)

    def _check(self, entry: Entry) -> None:
        """Check that a run can be worked on here.

        Raises:
            CodeCompanionError: Its repository or the key of its model is missing.
        """
        if entry.queued.pack_sha256 is None and not Path(entry.request.repo).is_dir():
            raise BadInput(f"its repository {entry.request.repo!r} is not on this machine")
        if self._app.models.name_of(entry.request.model) == COPY_PASTE and self._errands is None:
            raise BadInput("its model needs a person who carries prompts", fix="codecompanion serve, or up, has one")

    async def _settle_in(self, job: _Job) -> None:
        """Give a job the files it works on: those of the user, or a copy when they are on another machine."""
        run_id, request, queued = job.claim.run_id, job.entry.request, job.entry.queued
        here = job.repo
        if queued.pack_sha256 is not None:
            here = self._home.repository(run_id)
            await fetch_repository(job.app, run_id, request, queued, here)
        job.app = replace(job.app, settings=self.app_for(here, {}).settings)
        if queued.pack_sha256 is not None:
            job.app = away_from_home(job.app, run_id, request, queued, clone=here, worktrees=self._home.worktrees)

    async def _do(self, job: _Job) -> None:
        run_id = job.claim.run_id
        try:
            with job.scope:
                await self._work(job)
        finally:
            if not job.app.orchestrator.has_seen_the_end(run_id):
                with anyio.CancelScope(shield=True), suppress(CodeCompanionError), exhaustion_explained():
                    await job.app.orchestrator.handle(run_id, ReleaseRun(job.claim.number, INTERRUPTED), actor="worker")
            with anyio.CancelScope(shield=True), suppress(CodeCompanionError), exhaustion_explained():
                await job.app.workspace.remove(run_id, job.repo)
            with suppress(CodeCompanionError), exhaustion_explained():
                await to_thread.run_sync(self._home.forget_repository, run_id)
            self._on_change(f"lets go of run {run_id}")
            del self._jobs[run_id]
            job.done.set()
            self.nudge()

    async def _work(self, job: _Job) -> None:
        run_id = job.claim.run_id
        try:
            await self._settle_in(job)
            person = self._errands.person(run_id) if self._errands else NOBODY
            await carry_on(job.app, run_id, sandbox=self._sandbox, hearing=Hearing(), on_event=None, person=person)
        except (ClaimLost, DatabaseUnavailable) as error:
            _log.warning("run %s goes on elsewhere, or later: %s", run_id, error.what)
        except HistoryRegressed as error:
            await self._halt(run_id, error)
        except CodeCompanionError as error:
            await self._pause(job, error.what)
        except Exception as fault:  # noqa: BLE001 - one run's fault must not end the others; its log has it
            _log.exception("run %s stopped by a fault", run_id)
            await self._pause(job, f"a fault of CodeCompanion: {fault!r}")

    async def _halt(self, run_id: str, error: HistoryRegressed) -> None:
        """Let a person decide on a run whose newest events are lost: what they tell of was done, and is not done again unasked.

        The claim may be among what is lost, so this is no matter of claims.
        """
        _log.error("run %s waits for a person: %s", run_id, error.what)
        self._app.orchestrator.forget(run_id)
        with suppress(CodeCompanionError):
            await self._app.orchestrator.handle(run_id, PauseRun(error.what), actor="worker")

    async def _pause(self, job: _Job, reason: str) -> None:
        """Let a run wait for a person, unless its own log says already how it stands: nobody else would get further."""
        _log.warning("run %s stopped: %s", job.claim.run_id, reason)
        with suppress(CodeCompanionError):
            await job.app.orchestrator.handle(job.claim.run_id, PauseRun(reason), actor="worker")
