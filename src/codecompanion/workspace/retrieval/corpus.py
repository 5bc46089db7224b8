"""The files of a repository at one moment, ready to be asked: their kinds, their terms, and where a path leads."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache

import numpy as np

from codecompanion.workspace.retrieval.analysis import Analysis, Bag, short_bag
from codecompanion.workspace.retrieval.columns import Ints, Mask
from codecompanion.workspace.retrieval.kinds import Kind, kind_of
from codecompanion.workspace.retrieval.lookup import Tree
from codecompanion.workspace.retrieval.postings import Postings

_PLACEHOLDERS = frozenset(("__init__", "__main__", "index", "mod", "main", "lib", "init"))
"""Names that say nothing: such a file goes by the name of its folder."""
_NOTHING = short_bag([])
_UNKNOWN = Analysis(words=_NOTHING, neighbours=_NOTHING, names=_NOTHING, imports=())
_NO_POSTINGS = Postings.of(())


class Corpus:
    """Files numbered in the order of their paths.

    Attributes:
        tree: The paths.
        kinds: What each file is for.
        imported: What each path imports, as written.
        words: Terms of the contents, by block.
        neighbours: Which words of the contents stand beside each other (`neighbours`).
        names: Terms of the defined names.
        path_terms: Terms of the paths; the file's own name counts as block 1, its folders as block 0.
    """

    def __init__(
        self, analyses: Mapping[str, Analysis | None], before: "Corpus | None" = None, gone: AbstractSet[str] = frozenset()
    ) -> None:
        """Take in files.

        Args:
            analyses: Of each path; None where only the path is known. With `before`, of the paths that are new or changed.
            before: The files of an earlier moment; what has not changed since costs next to no time.
            gone: The paths that are not there any more.
        """
        tree = before.tree if before else Tree(())
        come = analyses.keys() - tree.numbers.keys()
        self.tree = tree.later(gone, come)
        self.kinds = before.kinds if before and self.tree is tree else [kind_of(path) for path in self.paths]
        known = {path: analysis or _UNKNOWN for path, analysis in analyses.items()}
        self.imported: dict[str, tuple[str, ...]] = dict(before.imported) if before else {}
        self.imported.update((path, analysis.imports) for path, analysis in known.items())
        for path in gone:
            del self.imported[path]
        changed, moved = _places(tree, self.tree, analyses.keys()), _places(tree, self.tree, come)
        words = {self.numbers[path]: analysis.words for path, analysis in known.items()}
        neighbours = {self.numbers[path]: analysis.neighbours for path, analysis in known.items()}
        names = {self.numbers[path]: analysis.names for path, analysis in known.items()}
        named = {self.numbers[path]: _path_terms(path) for path in come}
        size = len(self.paths)
        self.words = (before.words if before else _NO_POSTINGS).later(changed, size, words)
        self.neighbours = (before.neighbours if before else _NO_POSTINGS).later(changed, size, neighbours)
        self.names = (before.names if before else _NO_POSTINGS).later(changed, size, names)
        self.path_terms = (before.path_terms if before else _NO_POSTINGS).later(moved, size, named)

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def paths(self) -> list[str]:
        """Relative, POSIX."""
        return self.tree.paths

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each path."""
        return self.tree.numbers

    @cached_property
    def sources(self) -> Mask:
        """Which files are sources."""
        return np.array([found is Kind.SOURCE for found in self.kinds], dtype=np.bool_)

    def imports(self, number: int) -> tuple[str, ...]:
        """Return what a file imports, as written."""
        return self.imported[self.paths[number]]

    def named(self, name: str) -> list[int]:
        """Return the files with a name, in lower case, with or without what follows its last dot."""
        return self.tree.having(_names_of, name)

    def inside(self, folder: str) -> list[int]:
        """Return the files right inside a folder."""
        return self.tree.having(_folder_of, folder)


def _places(before: Tree, after: Tree, fresh: AbstractSet[str]) -> Ints:
    """Return the later number of each path; -1 for one that is gone or fresh."""
    if after is before:
        places = np.arange(len(before.paths))
        places[[before.numbers[path] for path in fresh]] = -1
        return places
    stay = (-1 if path in fresh else after.numbers.get(path, -1) for path in before.paths)
    return np.fromiter(stay, dtype=np.int64, count=len(before.paths))


def _names_of(path: str) -> set[str]:
    name = path.rpartition("/")[2].lower()
    return {name, stem_of(name)}


def _folder_of(path: str) -> tuple[str]:
    return (path.rpartition("/")[0],)


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
