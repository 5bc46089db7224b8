"""Work on a repository of another machine, and bring home what was made on one."""

from dataclasses import dataclass, replace
from pathlib import Path

from codecompanion.domain.commands import Record
from codecompanion.domain.events import RunQueued, RunStarted, TreesPacked, decode
from codecompanion.domain.project import ProjectProfile
from codecompanion.orchestrator.projections import RunView
from codecompanion.ports import Detector, PackedCommit, PackedRepository
from codecompanion.wiring import App


@dataclass(frozen=True, slots=True)
class DetectorElsewhere:
    """A `Detector` for a project whose home folder is on another machine: a copy stands for it.

    An interpreter that this machine's settings name goes before the one that was named there.
    """

    detector: Detector
    home: Path
    python: str | None

    async def profile(
        self, root: Path, *, python: str | None = None, test_command: str | None = None, home: Path | None = None
    ) -> ProjectProfile:
        """Look at the files of a project; see `Detector.profile`."""
        here = self.home if home is not None else None
        return await self.detector.profile(root, python=self.python or python, test_command=test_command, home=here)


async def fetch_repository(app: App, run_id: str, request: RunStarted, queued: RunQueued, folder: Path) -> None:
    """Make a repository in a folder that stands as that of a run did, with what its workers made of it so far."""
    assert queued.pack_sha256 is not None
    packed = PackedRepository(await app.blobs.get(queued.pack_sha256), queued.uncommitted)
    await app.packing.unpack_repository(packed, request.base_commit, folder)
    await app.packing.take(folder, await _packed_commits(app, run_id))


def away_from_home(app: App, run_id: str, request: RunStarted, queued: RunQueued, *, clone: Path, worktrees: Path) -> App:
    """Return the app for a run whose repository is that in a folder, which `fetch_repository` made.

    Each tree and branch is put where every machine finds it before the run's log speaks of it.
    """

    async def keep(ref: str, commit: str) -> None:
        events = await app.store.read(run_id)
        packed = [fact for event in events if isinstance(fact := decode(event), TreesPacked)]
        known = [request.base_commit, *([queued.uncommitted] if queued.uncommitted else []), *(one.commit for one in packed)]
        if commit in known and not ref.startswith("refs/heads/"):
            return
        content = await app.packing.pack_commit(clone, commit, known)
        fact = TreesPacked(ref=ref, commit=commit, pack_sha256=await app.blobs.put(content))
        await app.orchestrator.handle(run_id, Record(fact), actor="engine", key=f"packed:{ref}:{commit}")

    workspace = app.workspace_in(worktrees, stand_in=clone, on_commit=keep)
    settings = app.settings.model_copy(update={"memory": False})  # it belongs to the machine that has the project
    return replace(
        app, settings=settings, workspace=workspace, detector=DetectorElsewhere(app.detector, clone, app.settings.python)
    )


async def bring_home(app: App, view: RunView) -> bool:
    """Take what workers made of a run into the user's repository, trees and branch; return whether that is on this machine.

    Raises:
        PolicyRefused: A branch of that name is there and is another commit.
    """
    if view.queued is None or view.queued.pack_sha256 is None:
        return True
    repo = Path(view.request.repo)
    if not await app.packing.has(repo, view.request.base_commit):
        return False
    await app.packing.take(repo, await _packed_commits(app, view.run_id))
    return True


async def _packed_commits(app: App, run_id: str) -> list[PackedCommit]:
    facts = [fact for event in await app.store.read(run_id) if isinstance(fact := decode(event), TreesPacked)]
    return [PackedCommit(fact.ref, fact.commit, await app.blobs.get(fact.pack_sha256)) for fact in facts]
