"""A map of what matters for an objective: a tree of folders, files and signatures that fits into a budget of tokens."""

from collections.abc import Iterator
from dataclasses import dataclass

from codecompanion.workspace.retrieval.answer import spots_in
from codecompanion.workspace.retrieval.files import read_text
from codecompanion.workspace.retrieval.languages import language_of
from codecompanion.workspace.retrieval.project import Project
from codecompanion.workspace.retrieval.rank import Ranking
from codecompanion.workspace.retrieval.symbols import Symbol, symbols_of

CHARACTERS_PER_TOKEN = 3
"""Code has three to four with the tokenizers of today's models; the lower figure keeps the map inside of its budget."""
_MOST_FILES = 60
_UNASKED = 0.1
"""What a symbol is worth that does not answer by itself, beside the best of its file with 1."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: str
    symbol: Symbol | None
    worth: float


def tokens_of(text: str) -> int:
    """Return how many tokens a text has at most, estimated."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def repo_map(project: Project, ranking: Ranking, budget_tokens: int) -> str:
    """Return the map; the files and signatures that are worth most for their length are in it. "" when nothing fits."""
    numbers = ranking.answering()[:_MOST_FILES]
    candidates = sorted(_candidates(numbers, project, ranking), key=lambda candidate: -candidate.worth)
    chosen: dict[str, set[Symbol]] = {}
    left = budget_tokens * CHARACTERS_PER_TOKEN
    for candidate in candidates:
        cost = _cost(candidate, chosen)
        if cost <= left:
            left -= cost
            chosen.setdefault(candidate.path, set()).update([candidate.symbol] if candidate.symbol else [])
    return _drawn(chosen)


def _candidates(numbers: list[int], project: Project, ranking: Ranking) -> Iterator[_Candidate]:
    for rank, number in enumerate(numbers, start=1):
        path = project.place.corpus.paths[number]
        yield _Candidate(path, None, 2 / rank)  # before any of its symbols
        spots = spots_in(number, project, ranking)
        best = max((spot.score for spot in spots), default=1.0)
        scores = {spot.symbol: spot.score / best for spot in spots}
        for symbol in symbols_of(read_text(project.root, path) or "", language_of(path)):
            yield _Candidate(path, symbol, (_UNASKED / (1 + symbol.depth) + scores.get(symbol, 0.0)) / rank)


def _cost(candidate: _Candidate, chosen: dict[str, set[Symbol]]) -> int:
    parts = candidate.path.split("/")
    # Each folder on the way may need a line of its own.
    way = 0 if candidate.path in chosen else sum(len(part) + 2 * depth + 2 for depth, part in enumerate(parts))
    if candidate.symbol is None:
        return way
    return way + len(_line(candidate.symbol)) + 2 * (len(parts) + candidate.symbol.depth) + 1


def _line(symbol: Symbol) -> str:
    return f"{symbol.first_line}: {symbol.signature}"


def _drawn(chosen: dict[str, set[Symbol]]) -> str:
    lines: list[str] = []
    above: list[str] = []
    for path in sorted(chosen):
        folders = path.split("/")[:-1]
        shared = next(
            (n for n, (a, b) in enumerate(zip(folders, above, strict=False)) if a != b), min(len(folders), len(above))
        )
        lines += [f"{'  ' * depth}{folders[depth]}/" for depth in range(shared, len(folders))]
        lines.append(f"{'  ' * len(folders)}{path.rpartition('/')[2]}")
        inner = sorted(chosen[path], key=lambda symbol: (symbol.first_line, symbol.depth))
        lines += [f"{'  ' * (len(folders) + 1 + symbol.depth)}{_line(symbol)}" for symbol in inner]
        above = folders
    return "\n".join(lines)
