"""A project's folder, ready to be asked: its files from the index, its past from git."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from anyio import from_thread, to_thread

from codecompanion.domain.errors import BadInput, EnvironmentBroken
from codecompanion.workspace.git import Git
from codecompanion.workspace.retrieval import past
from codecompanion.workspace.retrieval.analysis import Analysis
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.files import Look, look_at
from codecompanion.workspace.retrieval.history import Commit
from codecompanion.workspace.retrieval.index import FileIndex, Progress, Seen, discard, open_index
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
    look: Look
    contents: Mapping[str, str | None]
    """The id of each path's content; None where only the path is known."""
    head: str | None
    """The commit that the past ends with; None without a past."""


async def open_project(folder: Path, state_dir: Path, *, on_progress: Progress, say: Say) -> Project:
    """Bring the index of a folder's project up to date and return the project.

    The project is the git repository that holds the folder, or the folder itself where there is none. Files are read in a
    thread that ends between two of them when the caller is cancelled; the index stays good, and goes on from there next time.

    Raises:
        BadInput: The folder is missing, or is a file.
        EnvironmentBroken: The index cannot be written, or git fails.
    """
    root, git = await _root_of(folder)
    store = _Store(index_path(state_dir, root), on_progress, say)
    return await _opened(store, root, await look_at(root, git), git, None)


def index_path(state_dir: Path, root: Path) -> Path:
    """Return where the index of a project is."""
    return state_dir / "retrieval" / f"{hashlib.sha256(os.fsencode(root)).hexdigest()[:32]}.sqlite3"


async def _opened(store: "_Store", root: Path, look: Look, git: Git | None, before: Project | None) -> Project:
    changes = await store.changes(root, look.stamps, before)
    head = await past.head_of(git) if git else None
    commits = before.place.history.commits if before and before.head == head else await store.commits(git, head)
    place = await to_thread.run_sync(_place, changes, commits, before and before.place)
    return Project(root, place, look, changes.contents, head)


def _place(changes: "_Changes", commits: Sequence[Commit], before: Place | None) -> Place:
    return place_of(Corpus(changes.analyses, before and before.corpus, changes.gone), commits, before)


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
class _Changes:
    """What an index has now, and how that differs from an earlier project: the analyses of fresh paths, the paths gone."""

    contents: dict[str, str | None]
    analyses: dict[str, Analysis | None]
    gone: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class _Store:
    """The index, made anew when it turns out to be damaged."""

    path: Path
    on_progress: Progress
    say: Say

    async def changes(self, root: Path, found: Mapping[str, str], before: Project | None) -> _Changes:
        def job(index: FileIndex) -> _Changes:
            # Others may have taken in worktrees of their own meanwhile: of one that is followed the last look at it counts.
            seen = Seen(before.look.stamps, before.contents) if before else index.seen()
            contents = index.update(root, found, seen, self.on_progress, from_thread.check_cancelled)
            if before is None:
                return _Changes(contents, index.analyses(from_thread.check_cancelled), frozenset())
            fresh = [path for path, content in contents.items() if before.contents.get(path, "") != content]
            return _Changes(contents, index.analyses_of(fresh), before.contents.keys() - contents.keys())

        return await self._mended(job)

    async def commits(self, git: Git | None, head: str | None) -> list[Commit]:
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


async def open_worktree(
    root: Path, repo: Path, state_dir: Path, *, on_progress: Progress, say: Say, before: Project | None = None
) -> Project:
    """Return a run's worktree as a project: the files are its own, the index and the past are those of its repository.

    git is asked in the repository only: the worktree's own link to it lies where a test could have changed it. `before` is what
    was returned for the same worktree earlier: what has not changed since is taken from it.

    Raises:
        BadInput: There is no worktree (any more).
        EnvironmentBroken: As `open_project`.
    """
    await to_thread.run_sync(_existing, root)
    store = _Store(index_path(state_dir, repo), on_progress, say)
    look = await look_at(root, None, before.look if before else None)
    return await _opened(store, root, look, Git(cwd=repo), before)
