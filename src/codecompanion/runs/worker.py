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
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup

from codecompanion.domain.commands import INTERRUPTED, ClaimRun, PauseRun, ReleaseRun
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import ClaimLost, CodeCompanionError, CommandRefused, DatabaseUnavailable
from codecompanion.execution.toolbox import Hearing
from codecompanion.orchestrator.orchestrator import TASKS_TOPIC, Claim
from codecompanion.ports import Attendance, Message, Sandbox, Workspace
from codecompanion.runs.queue import Entry, Queue, next_of
from codecompanion.runs.work import carry_on
from codecompanion.runs.worker_home import WorkerHome
from codecompanion.settings import Sourced, project_root
from codecompanion.wiring import App

BEATS_IN_A_LEASE = 3
POLL_S = 1.0
DRAIN_S = 30.0

_log = logging.getLogger(__name__)


def _nobody_looks(_event: Event) -> None:
    pass


@dataclass(slots=True)
class _Job:
    claim: Claim
    app: App
    entry: Entry
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
    """

    def __init__(
        self, app: App, sandbox: Sandbox, home: WorkerHome, size: int, on_change: Callable[[str], None] = lambda _words: None
    ) -> None:
        self._app = app
        self._sandbox = sandbox
        self._home = home
        self._workspace: Workspace = app.workspace_in(home.worktrees)
        self._queue = Queue(app.store, app.orchestrator)
        self._jobs: dict[str, _Job] = {}
        self._not_here: dict[str, str] = {}
        self._nudged = anyio.Event()
        self._on_change = on_change
        self.size = size
        self.draining = False

    @property
    def rung(self) -> str:
        """The name of the sandbox that is enforced."""
        return self._sandbox.rung

    def working(self) -> list[str]:
        """Return the ids of the runs that it works on now."""
        return list(self._jobs)

    def waiting(self) -> list[str]:
        """Return the ids of the runs that wait for any worker, the one that waits for longest first."""
        return [one.run_id for one in self._queue.entries() if one.ready and not one.worker]

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
        await self._beat()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._keep_beating)
            tasks.start_soon(self._listen)
            while True:
                self._nudged = anyio.Event()
                try:
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

    async def _keep_beating(self) -> None:
        while True:
            await anyio.sleep(self._beat_s)
            if not self.draining:
                try:
                    await self._beat()
                except CodeCompanionError as error:
                    _log.warning("this worker is not heard: %s", error.what)

    async def _listen(self) -> None:
        async def hear(_message: Message) -> None:
            self.nudge()

        await self._app.bus.subscribe(TASKS_TOPIC, group=f"worker:{self._home.worker}", consumer="worker", handler=hear)

    async def _look_round(self, tasks: TaskGroup) -> None:
        await self._queue.look()
        for run_id, job in self._jobs.items():
            entry = self._queue.entry(run_id)
            if entry is None or (entry.worker, entry.claim) != (self._home.worker, job.claim.number):
                job.scope.cancel()  # it was ended, paused or taken from us
        while not self.draining and len(self._jobs) < self.size and (free := await self._free()):
            job = await self._claimed(free[0])
            if job is not None:
                self._jobs[job.claim.run_id] = job
                tasks.start_soon(self._do, job)
            await self._queue.look()

    async def _free(self) -> list[Entry]:
        entries = [one for one in self._queue.entries() if one.run_id not in self._not_here]
        if not any(one.ready and one.run_id not in self._jobs for one in entries):
            return []
        alive = {one.worker for one in await self._app.roster.present() if one.holds and not self._home.is_dead(one.worker)}
        # A run that is ours by the log, and that we do not work on, stopped because the database was away.
        own = [replace(one, worker="") for one in entries if one.worker == self._home.worker and one.run_id not in self._jobs]
        others = [one for one in entries if one not in own and one.worker != self._home.worker]
        mine = [one for one in entries if one.run_id in self._jobs]
        return next_of([*own, *others, *mine], alive)

    async def _claimed(self, entry: Entry) -> _Job | None:
        """Claim a run; return None when another was faster, or it cannot be worked on here."""
        worker, number = self._home.worker, entry.claim + 1
        try:
            app = self._able(entry)
        except CodeCompanionError as error:
            self._not_here[entry.run_id] = error.what
            _log.warning("run %s is left to other workers: %s", entry.run_id, error.what)
            return None
        try:
            await self._app.orchestrator.handle(entry.run_id, ClaimRun(worker, number), actor=f"worker:{worker}")
        except CommandRefused:
            return None
        claim = Claim(entry.run_id, worker, number)
        self._on_change(f"takes run {entry.run_id}")
        return _Job(claim, replace(app, orchestrator=self._app.orchestrator.under(claim)), entry)

    def _able(self, entry: Entry) -> App:
        """Return the app that a run is worked on with.

        Raises:
            CodeCompanionError: It cannot be worked on here: its repository or the key of its model is missing.
        """
        app = self.app_for(Path(entry.request.repo), {})
        app.model_name(entry.request.model)
        return replace(app, workspace=self._workspace)

    async def _do(self, job: _Job) -> None:
        run_id = job.claim.run_id
        try:
            with job.scope:
                await self._work(job)
        finally:
            with anyio.CancelScope(shield=True), suppress(CodeCompanionError):
                await job.app.orchestrator.handle(run_id, ReleaseRun(job.claim.number, INTERRUPTED), actor="worker")
            with anyio.CancelScope(shield=True), suppress(CodeCompanionError):
                await job.app.workspace.remove(run_id, Path(job.entry.request.repo))
            self._on_change(f"lets go of run {run_id}")
            del self._jobs[run_id]
            job.done.set()
            self.nudge()

    async def _work(self, job: _Job) -> None:
        run_id = job.claim.run_id
        try:
            await carry_on(job.app, run_id, sandbox=self._sandbox, hearing=Hearing(), on_event=_nobody_looks)
        except (ClaimLost, DatabaseUnavailable) as error:
            _log.warning("run %s goes on elsewhere, or later: %s", run_id, error.what)
        except CodeCompanionError as error:
            await self._pause(job, error.what)
        except Exception as fault:  # noqa: BLE001 - one run's fault must not end the others; its log has it
            _log.exception("run %s stopped by a fault", run_id)
            await self._pause(job, f"a fault of CodeCompanion: {fault!r}")

    async def _pause(self, job: _Job, reason: str) -> None:
        """Let a run wait for a person, unless its own log says already how it stands: nobody else would get further."""
        _log.warning("run %s stopped: %s", job.claim.run_id, reason)
        with suppress(CodeCompanionError):
            await job.app.orchestrator.handle(job.claim.run_id, PauseRun(reason), actor="worker")
