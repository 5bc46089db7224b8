"""Which test files reach what has changed, by the imports between the project's files."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.agents.maintenance.desk import Desk
from codecompanion.domain.errors import BadInput
from codecompanion.workspace.git import Git, resolve_commit
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.imports import ImportGraph
from codecompanion.workspace.retrieval.index import Progress
from codecompanion.workspace.retrieval.kinds import Kind
from codecompanion.workspace.retrieval.languages import language_of
from codecompanion.workspace.retrieval.project import open_project

_WORTH_A_WORD = 1000
_PROSE = (".md", ".rst", ".adoc")


@dataclass(frozen=True, slots=True)
class Impact:
    """What has changed, and the test files that reach it; `everything` says why all have to run, "" when they need not."""

    changed: tuple[str, ...]
    tests: tuple[str, ...]
    everything: str = ""


async def impact(desk: Desk) -> Impact:
    """Return the test files that import, directly or through others, what has changed since the base.

    Raises:
        BadInput: There is no git repository, or no such base.
    """
    if desk.git is None:
        raise BadInput("--impacted needs a git repository", fix="leave it out, or run git init")
    changed = await changed_paths(desk.git, desk.wishes.base or "HEAD")
    if not changed:
        return Impact((), ())
    project = await open_project(desk.root, desk.state_dir, on_progress=_telling(desk), say=desk.say)
    above = (await desk.git.line("rev-parse", "--show-prefix")).rstrip("\n")
    return _reached(project.place.corpus, project.place.imports, [above + path for path in changed], above)


def _telling(desk: Desk) -> Progress:
    def tell(done: int, of: int) -> None:
        if of >= _WORTH_A_WORD:
            desk.say(f"indexing: {done} of {of} files")

    return tell


async def changed_paths(git: Git, base: str) -> list[str]:
    """Return the paths below git's folder that differ from a commit, new files among them, relative to that folder."""
    commit = await resolve_commit(git, base)
    differing = await git.paths("diff", "--name-only", "-z", "--no-renames", "--relative", commit)
    new = await git.paths("ls-files", "-z", "--others", "--exclude-standard")
    return sorted({*differing, *new})


def _reached(corpus: Corpus, imports: ImportGraph, changed: Sequence[str], above: str) -> Impact:
    shown = tuple(path.removeprefix(above) for path in changed)
    telling = [path for path in changed if not path.endswith(_PROSE)]
    for path in telling:
        if path not in corpus.numbers:
            return Impact(shown, (), f"{path.removeprefix(above)} was removed, and who imported it cannot be seen any more")
        if language_of(path) is None:
            return Impact(shown, (), f"{path.removeprefix(above)} has changed, and whom it concerns no import tells")
    importers = _importers(corpus, imports)
    reached = {corpus.numbers[path] for path in telling}
    waiting = list(reached)
    while waiting:
        for importer in importers.get(waiting.pop(), ()):
            if importer not in reached:
                reached.add(importer)
                waiting.append(importer)
    return Impact(shown, tuple(path.removeprefix(above) for path in _tests(corpus, reached) if path.startswith(above)))


def _importers(corpus: Corpus, imports: ImportGraph) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number in range(len(corpus)):
        for imported in imports.imported_by(number):
            found.setdefault(imported, []).append(number)
            # Importing a module runs the packages above it as well.
            for package in _packages_above(corpus, imported):
                found.setdefault(package, []).append(number)
    return found


def _packages_above(corpus: Corpus, number: int) -> list[int]:
    folder, found = posixpath.dirname(corpus.paths[number]), list[int]()
    while folder and (package := corpus.numbers.get(f"{folder}/__init__.py")) is not None:
        found.append(package)
        folder = posixpath.dirname(folder)
    return found


def _tests(corpus: Corpus, reached: set[int]) -> list[str]:
    """Return the reached test files, and those below a reached conftest, which every test of its folder loads."""
    reached_paths = [corpus.paths[number] for number in reached if corpus.kinds[number] is Kind.TEST]
    shared = tuple(posixpath.dirname(path) for path in reached_paths if posixpath.basename(path) == "conftest.py")
    tests = [path for path, kind in zip(corpus.paths, corpus.kinds, strict=True) if kind is Kind.TEST]
    below = [path for path in tests if any(not folder or path.startswith(f"{folder}/") for folder in shared)]
    return sorted({*reached_paths, *below})
