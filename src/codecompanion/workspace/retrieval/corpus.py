"""The files of a repository at one moment, ready to be asked: their kinds, their terms, and where a path leads."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property, lru_cache

import numpy as np

from codecompanion.workspace.retrieval.analysis import Analysis, Bag, short_bag
from codecompanion.workspace.retrieval.kinds import Kind, kind_of
from codecompanion.workspace.retrieval.postings import Mask, Postings

_PLACEHOLDERS = frozenset(("__init__", "__main__", "index", "mod", "main", "lib", "init"))
"""Names that say nothing: such a file goes by the name of its folder."""


class Corpus:
    """Files numbered in the order of their paths.

    Attributes:
        paths: Relative, POSIX.
        kinds: What each file is for.
        imports: What each file imports, as written.
        words: Terms of the contents, by block.
        names: Terms of the defined names.
        path_terms: Terms of the paths; the file's own name counts as block 1, its folders as block 0.
    """

    def __init__(self, analyses: Mapping[str, Analysis | None]) -> None:
        self.paths = sorted(analyses)
        self.kinds = [kind_of(path) for path in self.paths]
        known = [analyses[path] for path in self.paths]
        self.imports = [analysis.imports if analysis else () for analysis in known]
        self.words = Postings([analysis.words if analysis else _NOTHING for analysis in known])
        self.names = Postings([analysis.names if analysis else _NOTHING for analysis in known])
        self.path_terms = Postings([_path_terms(path) for path in self.paths])

    def __len__(self) -> int:
        return len(self.paths)

    @cached_property
    def sources(self) -> Mask:
        """Which files are sources."""
        return self.of_kind(Kind.SOURCE)

    def of_kind(self, kind: Kind) -> Mask:
        """Return which files are of a kind."""
        return np.array([found is kind for found in self.kinds], dtype=np.bool_)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each path."""
        return {path: number for number, path in enumerate(self.paths)}

    @cached_property
    def by_name(self) -> dict[str, list[int]]:
        """The files with a name, in lower case, with and without what follows its last dot."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, path in enumerate(self.paths):
            name = path.rpartition("/")[2].lower()
            for key in {name, stem_of(name)}:
                found[key].append(number)
        return dict(found)

    @cached_property
    def folders(self) -> dict[str, list[int]]:
        """The files right inside each folder."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, path in enumerate(self.paths):
            found[path.rpartition("/")[0]].append(number)
        return dict(found)


_NOTHING = short_bag([])


@lru_cache(maxsize=1 << 16)
def _path_terms(path: str) -> Bag:
    folder, _, name = path.rpartition("/")
    return short_bag([folder, stem_of(name)])


@lru_cache(maxsize=1 << 16)
def stem_of(path: str) -> str:
    """Return a path without its ending; that of a declaration file counts as a whole (".d.ts")."""
    folder, slash, name = path.rpartition("/")
    root, _, ending = name.rpartition(".")
    if ending in ("ts", "mts", "cts"):
        root = root.removesuffix(".d")
    return f"{folder}{slash}{root or name}"


@lru_cache(maxsize=1 << 16)
def called(path: str) -> str:
    """Return the lower-case name a file goes by: its stem, or its folder's name where the stem says nothing."""
    folder, _, name = stem_of(path.lower()).rpartition("/")
    return folder.rpartition("/")[2] or name if name in _PLACEHOLDERS else name
