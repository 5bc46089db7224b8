"""An index over the files of a repository that follows them from moment to moment, and answers objectives."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from codecompanion.workspace.retrieval.analysis import Analysis, analyse
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.history import MOST_COMMITS, Commit, newer
from codecompanion.workspace.retrieval.kinds import Kind, kind_of
from codecompanion.workspace.retrieval.objective import read_objective
from codecompanion.workspace.retrieval.rank import Ranking, rank_files
from codecompanion.workspace.retrieval.signals import Place, place_of


class Moment(Protocol):
    """A repository at one moment."""

    @property
    def files(self) -> Mapping[str, str | None]:
        """The text of each path (relative, POSIX); None where only the path is known."""
        ...

    @property
    def ids(self) -> Mapping[str, str]:
        """The id of each path's content: equal ids, equal content."""
        ...

    @property
    def log(self) -> Sequence[Mapping[str, Any]]:
        """Earlier commits, newest first: "d" the day (ISO), "s" the subject, "f" the changed source files."""
        ...


class Retriever:
    """Ranks the files of a repository. `index` it first, and again whenever it has changed: only new contents cost time."""

    def __init__(self) -> None:
        self._files: Mapping[str, str | None] = {}
        self._contents: dict[str, str] = {}
        self._analyses: dict[str, Analysis] = {}
        self._log: list[Mapping[str, Any]] = []
        self.place: Place = place_of(Corpus({}), ())
        """The repository as it was indexed last."""

    def index(self, ctx: Moment) -> None:
        """Take in a repository as it is now. Its `files` are asked again when it is ranked."""
        paths = self.place.corpus.numbers
        contents = {path: ctx.ids[path] for path, text in ctx.files.items() if text is not None and _is_read(path)}
        differing = {path for path, _ in contents.items() ^ self._contents.items()}
        gone = paths.keys() - ctx.files.keys()
        fresh = (differing - gone) | (ctx.files.keys() - paths.keys())
        kept = {(self._contents[path], _ending(path)): self._analyses[path] for path in differing & self._contents.keys()}
        analyses = {path: self._analysis(path, ctx, kept) if path in contents else None for path in fresh}
        self._analyses = {path: known for path, known in self._analyses.items() if path not in differing}
        self._analyses.update((path, analysis) for path, analysis in analyses.items() if analysis)
        self._files, self._contents = ctx.files, contents
        corpus = Corpus(analyses, self.place.corpus, gone)
        self.place = place_of(corpus, self._commits(ctx), self.place)

    def _analysis(self, path: str, ctx: Moment, kept: Mapping[tuple[str, str], Analysis]) -> Analysis:
        # A file that has only moved is not read again.
        return kept.get((ctx.ids[path], _ending(path))) or analyse(path, ctx.files[path] or "")

    def _commits(self, ctx: Moment) -> list[Commit]:
        log, earlier = list(ctx.log[:MOST_COMMITS]), self._log
        self._log = log
        new = newer(log, earlier)
        read = log if new is None else log[:new]
        commits = [Commit(entry["d"], entry["s"], tuple(entry["f"])) for entry in read]
        return commits if new is None else [*commits, *self.place.history.commits[: len(log) - new]]

    def rank(self, objective: str, k: int) -> list[str]:
        """Return the paths of the `k` files that most likely must be read or changed, best first."""
        return [self.place.corpus.paths[number] for number in self.ranking(objective).order[:k]]

    def ranking(self, objective: str) -> Ranking:
        """Return all files with the reasons of their order."""
        return rank_files(read_objective(objective), self.place, self.text_of)

    def text_of(self, path: str) -> str | None:
        """Return the text of a path; None where only the path is known."""
        return self._files[path]


def _is_read(path: str) -> bool:
    return kind_of(path) is not Kind.COPY


def _ending(path: str) -> str:
    # The language is told by it, and the analysis depends on the language.
    return path.rpartition(".")[2]
