"""Opens the memory. An embedder, and what it stands on, is loaded only when one is configured."""

import pkgutil
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import cast

from codecompanion.domain.artifacts import ArtifactType, CodePatch, create_artifact_from_json
from codecompanion.domain.errors import BadInput, ModelUnavailable
from codecompanion.domain.events import ArtifactProduced, decode
from codecompanion.memory.file import MemoryFile
from codecompanion.memory.forgotten import Forgotten
from codecompanion.memory.learning import Learner
from codecompanion.memory.memory import ProjectMemory, earlier
from codecompanion.memory.nearness import Nearness, NoNearness
from codecompanion.memory.telling import told
from codecompanion.ports import BlobStore, EventStore, SharedVectors, VectorIndex
from codecompanion.settings import Settings
from codecompanion.wiring.app import App
from codecompanion.workspace.identity import project_of
from codecompanion.workspace.repository import locate

MEANING = "codecompanion.wiring.providers:open_meaning"
"""What opens the search by meaning, as an `OpenNearness`."""

LONGEST_NAME = 40

OpenNearness = Callable[[Settings, Mapping[str, str], MemoryFile, VectorIndex | None], AbstractAsyncContextManager[Nearness]]


def learner_of(settings: Settings, store: EventStore, redact: Callable[[str], str]) -> Learner:
    """Return what keeps the memory of the state folder up to date with its log."""
    state = settings.state_dir
    return Learner(store, MemoryFile(state / "memory.sqlite3"), Forgotten(state / "memory.forgotten"), project_of, redact)


@asynccontextmanager
async def open_memory(
    settings: Settings,
    environ: Mapping[str, str],
    learner: Learner,
    folder: Path,
    *,
    shared: SharedVectors | None = None,
) -> AsyncGenerator[ProjectMemory]:
    """Open the memory of the project whose repository holds a folder.

    The vectors lie in `shared`, if there is one and it can be used, else in the file of the memory. With the setting `memory`
    off it shows and forgets what was learned before, and learns nothing.

    Raises:
        BadInput: The folder is in no repository, or in one without commits; or there is no such embedder.
        EnvironmentBroken: The database cannot be reached.
    """
    project = await project_of(str((await locate(folder)).root))
    if project is None:
        raise BadInput("the repository has no commits", fix="git add -A && git commit")
    async with AsyncExitStack() as opened:
        meaning: Nearness | None = None
        if settings.memory and settings.embedder:
            usable = shared if shared is not None and (await shared.ready()).ok else None
            meaning = await _meaning(settings, environ, opened, learner.file, usable)
        yield ProjectMemory(project, learner, learns=settings.memory, meaning=meaning, shared=shared)


async def offered_memories(app: App, repo: Path, run_id: str, objective: str, budget_tokens: int) -> str:
    """Return what earlier runs than this learned of a repository that may help with an objective, "" for nothing."""
    if not app.settings.memory:
        return ""
    learner = learner_of(app.settings, app.store, app.redactor.text)
    async with open_memory(app.settings, app.environ, learner, repo, shared=app.vectors) as memory:
        return await memory.handles(objective, budget_tokens, without_run=run_id)


async def recalled_note(app: App, repo: Path, run_id: str, handle: str) -> str:
    """Return a note of earlier runs than this as text, with the change that it speaks of; a sentence when there is none."""
    learner = learner_of(app.settings, app.store, app.redactor.text)
    async with open_memory(app.settings, app.environ, learner, repo, shared=app.vectors) as memory:
        return await _whole_note(memory, app.store, app.blobs, run_id, handle)


async def _whole_note(memory: ProjectMemory, store: EventStore, blobs: BlobStore, run_id: str, handle: str) -> str:
    """Return a note that other runs than `run_id` taught, as an agent reads it; a sentence when there is none."""
    try:
        (note,) = earlier([await memory.show(handle)], run_id)
    except (BadInput, ValueError):
        return f"No earlier run taught anything that is called {handle[:LONGEST_NAME]!r}."
    newest = note.sources[0]
    [event] = await store.read(newest.run_id, after_version=newest.version - 1, up_to_version=newest.version)
    match decode(event):
        case ArtifactProduced(artifact_type=ArtifactType.CODE_PATCH, sha256=sha256):
            patch = create_artifact_from_json(await blobs.get(sha256))
            return told(note, patch.diff_unified if isinstance(patch, CodePatch) else "")
        case _:
            return told(note, "")


async def _meaning(
    settings: Settings, environ: Mapping[str, str], opened: AsyncExitStack, file: MemoryFile, shared: VectorIndex | None
) -> Nearness:
    connect = cast("OpenNearness", pkgutil.resolve_name(MEANING))
    try:
        return await opened.enter_async_context(connect(settings, environ, file, shared))
    except ModelUnavailable as error:
        return NoNearness(error)
