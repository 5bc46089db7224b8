"""Indexes a project while something else happens: begun at once, waited for when it is needed, ended when it is not."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from codecompanion.domain.errors import CodeCompanionError, first_leaf
from codecompanion.workspace.retrieval.index import Progress
from codecompanion.workspace.retrieval.project import Project, Say, open_project, open_worktree


class BackgroundIndex:
    """A project on its way. Made by `indexing`."""

    def __init__(self) -> None:
        self.done = 0
        """How many of the changed files are read."""
        self.of = 0
        """How many files have changed since the last time; 0 also before that is known."""
        self._ended = anyio.Event()
        self._outcome: Project | CodeCompanionError | None = None

    @property
    def ready(self) -> bool:
        """Whether `project` answers at once."""
        return self._ended.is_set()

    async def project(self) -> Project:
        """Return the project as soon as it is indexed.

        Raises:
            BadInput: The folder is missing, or is a file.
            EnvironmentBroken: The index cannot be written, or git fails.
        """
        await self._ended.wait()
        if isinstance(self._outcome, CodeCompanionError):
            raise self._outcome
        assert self._outcome is not None
        return self._outcome

    async def build(self, folder: Path, state_dir: Path, *, of: Path | None, on_progress: Progress, say: Say) -> None:
        """Index a folder as `open_project` or `open_worktree` does. What goes wrong is kept for who asks for the project."""

        def note(done: int, of: int) -> None:
            self.done, self.of = done, of
            on_progress(done, of)

        try:
            if of is None:
                self._outcome = await open_project(folder, state_dir, on_progress=note, say=say)
            else:
                self._outcome = await open_worktree(folder, of, state_dir, on_progress=note, say=say)
        except CodeCompanionError as error:
            self._outcome = error
        self._ended.set()


@asynccontextmanager
async def indexing(
    folder: Path, state_dir: Path, *, of: Path | None = None, on_progress: Progress, say: Say
) -> AsyncGenerator[BackgroundIndex]:
    """Index a folder's project beside the body of the block. Who leaves the block early ends it between two files.

    What was read until then is kept, and the index is good. `of` is the repository whose worktree the folder is, None for
    one of its own. `on_progress` and `say` are called from a thread.
    """
    index = BackgroundIndex()

    async def build() -> None:
        await index.build(folder, state_dir, of=of, on_progress=on_progress, say=say)

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(build)
            yield index
            tasks.cancel_scope.cancel()
    except ExceptionGroup as group:
        raise first_leaf(group) from group
