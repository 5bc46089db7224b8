"""A project's folder, ready to be asked: its files from the index, its past from git."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from anyio import from_thread, to_thread

from codecompanion.domain.errors import BadInput, EnvironmentBroken
from codecompanion.workspace.git import Git
from codecompanion.workspace.retrieval import past
from codecompanion.workspace.retrieval.analysis import Analysis
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.files import FoundFile, find_files
from codecompanion.workspace.retrieval.history import Commit, History
from codecompanion.workspace.retrieval.index import FileIndex, Progress, discard, open_index
from codecompanion.workspace.retrieval.signals import Place, place_of

Say = Callable[[str], None]
"""Hears a sentence for the user."""

_Answer = TypeVar("_Answer")
_NOT_DAMAGE = frozenset((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN))


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with everything that is known of it."""

    root: Path
    place: Place


async def open_project(folder: Path, state_dir: Path, *, on_progress: Progress, say: Say) -> Project:
    """Bring the index of a folder's project up to date and return the project.

    The project is the git repository that holds the folder, or the folder itself where there is none. Files are read in a
    thread that ends between two of them when the caller is cancelled; the index stays good, and goes on from there next time.

    Raises:
        BadInput: The folder is missing, or is a file.
        EnvironmentBroken: The index cannot be written, or git fails.
    """
    root, git = await _root_of(folder)
    store = _Store(index_path(state_dir, root), say)
    analyses = await store.analyses(root, await find_files(root, git), on_progress)
    commits = await store.commits(git)
    return Project(root, await to_thread.run_sync(_place, analyses, commits))


def index_path(state_dir: Path, root: Path) -> Path:
    """Return where the index of a project is."""
    return state_dir / "retrieval" / f"{hashlib.sha256(os.fsencode(root)).hexdigest()[:32]}.sqlite3"


def _place(analyses: Mapping[str, Analysis | None], commits: Sequence[Commit]) -> Place:
    corpus = Corpus(analyses)
    return place_of(corpus, History(commits, corpus))


async def _root_of(folder: Path) -> tuple[Path, Git | None]:
    start = await to_thread.run_sync(_existing, folder)
    result = await Git(cwd=start).ask("rev-parse", "--path-format=absolute", "--show-toplevel")
    if result.exit_code or not result.line:
        return start, None
    return Path(result.line), Git(cwd=Path(result.line))


def _existing(folder: Path) -> Path:
    start = Path(os.path.realpath(folder))
    if not start.is_dir():
        raise BadInput(f"{str(folder)!r} is a file, not a folder" if start.exists() else f"{str(folder)!r} does not exist")
    return start


@dataclass(frozen=True, slots=True)
class _Store:
    """The index, made anew when it turns out to be damaged."""

    path: Path
    say: Say

    async def analyses(self, root: Path, found: list[FoundFile], on_progress: Progress) -> dict[str, Analysis | None]:
        def job(index: FileIndex) -> dict[str, Analysis | None]:
            index.update(root, found, on_progress, from_thread.check_cancelled)
            return index.analyses(from_thread.check_cancelled)

        return await self._mended(job)

    async def commits(self, git: Git | None) -> list[Commit]:
        head = await past.head_of(git) if git else None
        if git is None or head is None:
            return []
        kept = await self._mended(lambda index: past.read(index.history(head)))
        if kept is not None:
            return kept
        try:
            commits = await past.commits_before(git, head)
        except EnvironmentBroken as broken:  # a partial clone has commits whose trees are elsewhere
            self.say(
                f"note: the past of this project cannot be read ({broken.cause.partition(chr(10))[0]}); it is ranked without"
            )
            return []
        await self._mended(lambda index: index.keep_history(head, past.written(commits)))
        return commits

    async def _mended(self, job: Callable[[FileIndex], _Answer]) -> _Answer:
        return await to_thread.run_sync(self._do, job)

    def _do(self, job: Callable[[FileIndex], _Answer]) -> _Answer:
        try:
            return self._once(job)
        except (sqlite3.Error, ValueError) as error:
            _refuse_what_is_no_damage(self.path, error)
            self.say(f"note: the index of this project was damaged ({error}); it is made anew")
            discard(self.path, from_thread.check_cancelled)
            return self._once(job)

    def _once(self, job: Callable[[FileIndex], _Answer]) -> _Answer:
        with open_index(self.path, from_thread.check_cancelled) as index:
            return job(index)


def _refuse_what_is_no_damage(path: Path, error: Exception) -> None:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _NOT_DAMAGE:
        raise EnvironmentBroken(
            f"the index {str(path)!r} cannot be written",
            cause=str(error),
            fix="free some disk space, or check the state folder",
        ) from error


async def open_worktree(root: Path, repo: Path, state_dir: Path, *, on_progress: Progress, say: Say) -> Project:
    """Return a run's worktree as a project: the files are its own, the index and the past are those of its repository.

    git is asked in the repository only: the worktree's own link to it lies where a test could have changed it.

    Raises:
        BadInput: There is no worktree (any more).
        EnvironmentBroken: As `open_project`.
    """
    await to_thread.run_sync(_existing, root)
    store = _Store(index_path(state_dir, repo), say)
    analyses = await store.analyses(root, await find_files(root, None), on_progress)
    corpus = Corpus(analyses)
    return Project(root, place_of(corpus, History(await store.commits(Git(cwd=repo)), corpus)))
