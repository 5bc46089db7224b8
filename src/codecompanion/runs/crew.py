"""Work on several runs in one process, for a server: so many at once, the others wait their turn."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup

from codecompanion.domain.chat import is_chat
from codecompanion.domain.commands import PauseRun
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import CodeCompanionError, CommandRefused
from codecompanion.domain.state import Running
from codecompanion.execution.toolbox import Hearing
from codecompanion.ports import Sandbox
from codecompanion.runs.find import known_runs
from codecompanion.runs.work import resume, work
from codecompanion.settings import Sourced, project_root
from codecompanion.wiring import App

API_ACTOR = "api"
"""Who starts a run that a server works on, also after it was killed; a principal may stand behind a colon."""
INTERRUPTED = "interrupted"
"""Why a run is paused whose process was told to stop."""

_log = logging.getLogger(__name__)


def _nobody_looks(_event: Event) -> None:
    pass


@dataclass(slots=True)
class _Job:
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    done: anyio.Event = field(default_factory=anyio.Event)
    begun: bool = False


class Crew:
    """The workers of a server.

    Args:
        app: What they work with.
        tasks: Where they live; it must outlive every call.
        sandbox: Where the projects' commands run.
        size: How many runs are worked on at once.
    """

    def __init__(self, app: App, tasks: TaskGroup, sandbox: Sandbox, size: int) -> None:
        self._app = app
        self._tasks = tasks
        self._sandbox = sandbox
        self._places = anyio.Semaphore(size)
        self._jobs: dict[str, _Job] = {}
        self.size = size
        self.draining = False

    @property
    def rung(self) -> str:
        """The name of the sandbox that is enforced."""
        return self._sandbox.rung

    def working(self) -> list[str]:
        """Return the ids of the runs that are worked on now."""
        return [run_id for run_id, job in self._jobs.items() if job.begun]

    def waiting(self) -> list[str]:
        """Return the ids of the runs that wait for a free place."""
        return [run_id for run_id, job in self._jobs.items() if not job.begun]

    def app_for(self, repo: Path, flags: dict[str, Any]) -> App:
        """Return the app with the settings of a repository and of a request; a server never runs without a real sandbox.

        Raises:
            BadInput: A setting cannot be used.
        """
        given = {name: value for name, value in flags.items() if value is not None}
        settings = Sourced.load(self._app.environ, project=project_root(repo), flags=given).settings
        ours = {"state_dir": self._app.settings.state_dir, "allow_weak_sandbox": False}
        return replace(self._app, settings=settings.model_copy(update=ours))

    def begin(self, app: App, run_id: str) -> None:
        """Work on a run that was started."""
        self._take(run_id, lambda: work(app, run_id, **self._around()))

    def go_on(self, app: App, run_id: str, **raised: Any) -> None:
        """Resume a run; `raised` is what `resume` takes, a higher limit of cost say."""
        self._take(run_id, lambda: resume(app, run_id, **raised, **self._around()))

    def _around(self) -> dict[str, Any]:
        return {"sandbox": self._sandbox, "hearing": Hearing(), "on_event": _nobody_looks}

    def _take(self, run_id: str, go: Callable[[], Awaitable[None]]) -> None:
        if self.draining:
            raise CommandRefused("the server is stopping", fix="ask again when it is back")
        if run_id in self._jobs:
            raise CommandRefused(f"run {run_id} is being worked on", fix="wait for it, or pause it first")
        self._jobs[run_id] = job = _Job()
        self._tasks.start_soon(self._do, run_id, job, go)

    async def _do(self, run_id: str, job: _Job, go: Callable[[], Awaitable[None]]) -> None:
        try:
            with job.scope:
                async with self._places:
                    job.begun = True
                    await go()
        except CodeCompanionError as error:
            _log.warning("run %s stopped: %s", run_id, error.what)  # its log has it
        except Exception:  # noqa: BLE001 - one run's fault must not end the others; its log has it
            _log.exception("run %s stopped by a fault", run_id)
        finally:
            del self._jobs[run_id]
            job.done.set()

    async def stop(self, run_id: str) -> None:
        """Let go of a run; its pause is recorded when this returns. One that nobody here works on is left alone."""
        job = self._jobs.get(run_id)
        if job is not None:
            job.scope.cancel()
            await job.done.wait()

    async def pause(self, run_id: str, reason: str, actor: str) -> None:
        """Record that a run pauses and let go of it.

        Raises:
            CommandRefused: It has ended.
        """
        await self._app.orchestrator.handle(run_id, PauseRun(reason), actor=actor)
        await self.stop(run_id)

    async def drain(self) -> None:
        """Take no more runs and let go of all; each goes on where it was when a server is back."""
        self.draining = True
        for run_id in [*self._jobs]:
            await self.stop(run_id)

    async def take_up(self) -> list[str]:
        """Go on with the runs of servers that were stopped or killed, and return their ids."""
        taken: list[str] = []
        for run_id in await known_runs(self._app.store):
            if await self._was_left(run_id):
                state = (await self._app.orchestrator.load(run_id)).state
                assert isinstance(state, Running)
                with suppress(CodeCompanionError):  # its repository may have gone; it waits for who resumes it by hand
                    self.go_on(self.app_for(Path(state.request.repo), {}), run_id)
                    taken.append(run_id)
        return taken

    async def _was_left(self, run_id: str) -> bool:
        state = (await self._app.orchestrator.load(run_id)).state
        if not isinstance(state, Running) or state.awaiting is not None or is_chat(state):
            return False
        events = await self._app.store.read(run_id)
        by_server = events[0].actor.partition(":")[0] == API_ACTOR
        pauses = [event for event in events if event.type == "RunPaused"]
        return by_server and (not state.paused or pauses[-1].data["reason"] == INTERRUPTED)
