"""What an agent sees of the repository: its files, its symbols, and a map of what matters."""

import re
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from anyio import from_thread, to_thread

from codecompanion.agents.excerpts import excerpts
from codecompanion.workspace.retrieval.answer import answer, located, located_at
from codecompanion.workspace.retrieval.background import indexing
from codecompanion.workspace.retrieval.files import find_files, read_text
from codecompanion.workspace.retrieval.index import telling
from codecompanion.workspace.retrieval.languages import language_of
from codecompanion.workspace.retrieval.project import Project, open_worktree
from codecompanion.workspace.retrieval.repo_map import repo_map
from codecompanion.workspace.retrieval.symbols import symbols_of

MOST_DEFINITIONS = 20
MOST_REFERENCES = 40
LONGEST_LINE = 200
LIKELY_FILES = 10
NAMES_OF_A_FILE = 3
MOST_NAMED = 3
_PATH_LIKE = re.compile(r"[\w./-]+")
MOST_KEPT_FILES = 20_000
"""A larger project is read anew for each look: each agent that kept it would hold some 8 KB for every file."""


@dataclass(slots=True, eq=False)
class Outlook:
    """Looks at a worktree anew each time, because it changes, and reads what has changed. `say` hears sentences for the user.

    Who asks several questions of the same moment takes its `project` first and hands it to each.
    """

    root: Path
    repo: Path
    state_dir: Path
    say: Callable[[str], None]
    _last: Project | None = field(default=None, init=False, repr=False)

    async def paths(self) -> tuple[str, ...]:
        """Return the files an agent may read: those git takes, less what `.agentsignore` names, in order."""
        return tuple(await find_files(self.root, None))

    async def map(self, words: str, budget_tokens: int, now: Project | None = None) -> str:
        """Return an outline of the files that matter for some words; of the whole project for none."""
        project = now or await self.project()
        asked = words.strip() or " ".join(sorted({part for path in await self.paths() for part in Path(path).parts})[:60])
        return repo_map(project, answer(project, asked), budget_tokens) or "(nothing in the repository answers to that)"

    async def likely(self, objective: str, now: Project | None = None) -> str:
        """Return the files, with the names in them, that an objective is most likely about, best first."""
        project = now or await self.project()
        rows = located(project, answer(project, objective[:20_000]), LIKELY_FILES)
        return "\n".join(f"- {row.path}{_spots([spot.symbol.name for spot in row.spots])}" for row in rows)

    async def code(self, words: str, most_lines: int, now: Project | None = None, named: Sequence[str] = ()) -> str:
        """Return the likeliest places of sources as they are in the files, with line numbers; "" for none.

        `named` are files of any kind that will be changed, and are shown first, the shortest before the others.
        """
        project = now or await self.project()
        ranking = answer(project, words[:20_000])
        rows = [row for row in located(project, ranking, LIKELY_FILES) if row.kind == "source" and row.path not in named]
        meant = [located_at(path, project, ranking) for path in named]
        shown = [
            [(row, text) for row in some if (text := read_text(self.root, row.path)) is not None] for some in (meant, rows)
        ]
        return excerpts([*sorted(shown[0], key=lambda one: len(one[1])), *shown[1]], most_lines, named)

    async def named(self, words: str, now: Project | None = None) -> tuple[str, ...]:
        """Return the files that a text names by their paths, or by as much of a path as only one file ends in."""
        project = now or await self.project()
        paths = project.place.corpus.paths
        said = dict.fromkeys(word.strip("./") for word in _PATH_LIKE.findall(words) if "." in word.strip("./"))
        ends = [[path for path in paths if path == word or path.endswith(f"/{word}")] for word in said]
        return tuple(dict.fromkeys(found[0] for found in ends if len(found) == 1))[:MOST_NAMED]

    async def symbols(self, name: str) -> str:
        """Return where a name is defined and where it is used."""
        paths = await self.paths()
        return await to_thread.run_sync(_looked_up, self.root, paths, name.strip())

    async def project(self) -> Project:
        """Return what is known of the files as they are now. On a large project the first time takes a while, and says so."""
        tell, before = telling(self._tell), self._last
        now = await open_worktree(self.root, self.repo, self.state_dir, on_progress=tell, say=self.say, before=before)
        self._last = now if len(now.contents) <= MOST_KEPT_FILES else None
        return now

    @asynccontextmanager
    async def warming(self) -> AsyncGenerator[None]:
        """Index the files beside the body of the block, as far as that gets, so that the first question waits less."""
        tell = telling(self._tell)
        async with indexing(self.root, self.state_dir, of=self.repo, on_progress=tell, say=self.say):
            yield

    def _tell(self, sentence: str) -> None:
        # The index is made in a thread, and whoever listens is not.
        from_thread.run_sync(self.say, sentence)


def _spots(names: list[str]) -> str:
    once = list(dict.fromkeys(names))[:NAMES_OF_A_FILE]
    return f" ({', '.join(once)})" if once else ""


def _looked_up(root: Path, paths: tuple[str, ...], name: str) -> str:
    last = re.split(r"\.|::|#", name)[-1]
    if not last:
        return "Give a name, such as parse_date or Parser.feed."
    word = re.compile(rf"(?<![\w$]){re.escape(last)}(?![\w$])")
    texts = [(path, text) for path in paths if (text := read_text(root, path)) is not None and word.search(text)]
    defined = [line for path, text in texts for line in _definitions(path, text, last)]
    places = {line.partition(": ")[0] for line in defined}
    used = [line for path, text in texts for line in _uses(path, text, word) if line.partition(": ")[0] not in places]
    return "\n".join(
        [
            *_listed("Defined", defined, MOST_DEFINITIONS),
            *_listed("Used", used, MOST_REFERENCES),
        ]
    )


def _definitions(path: str, text: str, last: str) -> Iterator[str]:
    for symbol in symbols_of(text, language_of(path)):
        if re.split(r"\.|::", symbol.name)[-1] == last:
            yield f"{path}:{symbol.first_line}: {symbol.signature}"


def _uses(path: str, text: str, word: re.Pattern[str]) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if word.search(line):
            yield f"{path}:{number}: {line.strip()[:LONGEST_LINE]}"


def _listed(heading: str, lines: list[str], most: int) -> list[str]:
    if not lines:
        return [f"{heading}: nowhere"]
    more = [f"  and {len(lines) - most} more"] if len(lines) > most else []
    return [f"{heading}:", *(f"  {line}" for line in lines[:most]), *more]
