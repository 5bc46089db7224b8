"""An index over the files of a repository that follows them from moment to moment, and answers objectives."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from codecompanion.workspace.retrieval.analysis import Analysis, analyse
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.history import Commit, History
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
        self._known: dict[tuple[str, str], Analysis] = {}
        self.place: Place = _place({}, ())
        """The repository as it was indexed last."""

    def index(self, ctx: Moment) -> None:
        """Take in a repository as it is now."""
        self._known = {
            key: self._known.get(key) or analyse(path, text)
            for path, text in ctx.files.items()
            if text is not None and kind_of(path) is not Kind.COPY
            for key in [(ctx.ids[path], _ending(path))]
        }
        analyses = {path: self._known.get((ctx.ids[path], _ending(path))) for path in ctx.files}
        self.place = _place(analyses, [Commit(e["d"], e["s"], tuple(e["f"])) for e in ctx.log])

    def rank(self, objective: str, k: int) -> list[str]:
        """Return the paths of the `k` files that most likely must be read or changed, best first."""
        return [self.place.corpus.paths[number] for number in self.ranking(objective).order[:k]]

    def ranking(self, objective: str) -> Ranking:
        """Return all files with the reasons of their order."""
        return rank_files(read_objective(objective), self.place)


def _place(analyses: Mapping[str, Analysis | None], commits: Sequence[Commit]) -> Place:
    corpus = Corpus(analyses)
    return place_of(corpus, History(commits, corpus))


def _ending(path: str) -> str:
    # The language is told by it, and the analysis depends on the language.
    return path.rpartition(".")[2]
