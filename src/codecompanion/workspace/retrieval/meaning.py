"""How near a file is to an objective by meaning, where the user has an embedder; nothing is sent anywhere without one.

Of each source file the path and its beginning become one vector, which is kept under the hash of that text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from anyio import to_thread

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.ports import Embedder
from codecompanion.workspace.retrieval.columns import Floats
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.files import read_text
from codecompanion.workspace.retrieval.index import Progress
from codecompanion.workspace.retrieval.project import Project
from codecompanion.workspace.retrieval.vectors import Vector, VectorFile, key_of

LONGEST_TEXT = 4000
"""Characters of a file that are embedded: about 1,000 tokens, which every embedder takes."""
_AT_ONCE = 64
"""Texts per request; what one request brought is kept before the next is sent."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Who makes vectors of files and objectives, where they are kept, and what takes secrets out of a text that is sent."""

    embedder: Embedder
    vectors: VectorFile
    redact: Callable[[str], str]


async def nearness(project: Project, objective: str, meaning: Meaning, on_progress: Progress) -> Floats:
    """Return for each file of a project how near its meaning is to the objective's: 1 for the nearest, 0 from the average down.

    `on_progress` hears how many of the files without a vector have been sent.

    Raises:
        ModelUnavailable: The embedder does not answer, or not with vectors of one length.
        EnvironmentBroken: The file of vectors cannot be used.
    """
    corpus, embedder, vectors = project.place.corpus, meaning.embedder, meaning.vectors
    texts = await to_thread.run_sync(_texts, project.root, corpus, meaning.redact)
    [asked] = await _embedded(embedder, [meaning.redact(objective)[:LONGEST_TEXT]], as_query=True)
    known = await to_thread.run_sync(vectors.read, embedder.name, [key_of(text) for text in texts.values()])
    known = {key: vector for key, vector in known.items() if len(vector) == len(asked)}
    missing = {key: text for text in texts.values() if (key := key_of(text)) not in known}
    for start in range(0, len(missing), _AT_ONCE):
        on_progress(start, len(missing))
        some = [*missing.items()][start : start + _AT_ONCE]
        made = await _embedded(embedder, [text for _, text in some], as_query=False)
        fresh = {key: vector for (key, _), vector in zip(some, made, strict=True)}
        await to_thread.run_sync(vectors.keep, embedder.name, fresh)
        known |= fresh
    found = np.zeros(len(corpus))
    if texts:
        found[[*texts]] = _above_average([known[key_of(text)] for text in texts.values()], asked, embedder.name)
    return found


def vectors_path(state_dir: Path) -> Path:
    """Return where the vectors of all projects are."""
    return state_dir / "retrieval" / "vectors.sqlite3"


def _texts(root: Path, corpus: Corpus, redact: Callable[[str], str]) -> dict[int, str]:
    numbers = [number for number, source in enumerate(corpus.sources) if source]
    read = ((number, read_text(root, corpus.paths[number])) for number in numbers)
    return {number: redact(f"{corpus.paths[number]}\n{text[:LONGEST_TEXT]}") for number, text in read if text}


async def _embedded(embedder: Embedder, texts: Sequence[str], *, as_query: bool) -> list[Vector]:
    made = [np.asarray(vector, dtype=np.float32) for vector in await embedder.embed(texts, as_query=as_query)]
    if len(made) != len(texts):
        raise ModelUnavailable(f"{embedder.name} made {len(made)} vectors of {len(texts)} texts")
    return made


def _above_average(vectors: Sequence[Vector], asked: Vector, maker: str) -> Floats:
    if any(vector.shape != asked.shape for vector in vectors):
        raise ModelUnavailable(f"{maker} made vectors of different lengths")
    table = np.stack(vectors).astype(np.float64)
    lengths = np.linalg.norm(table, axis=1) * np.linalg.norm(asked)
    near = (table @ asked) / np.where(lengths > 0, lengths, 1.0)
    above = (near - near.mean()).clip(min=0)
    return above / (above.max() or 1.0)
