"""Paths by what follows from each of them alone, such as their names; a later moment costs what has changed since."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property

KeysOf = Callable[[str], Iterable[str]]
"""Returns the keys of a path, each once; it depends on the path alone."""


class Lookup:
    """Which paths have a key. Made by `Tree.by`."""

    def __init__(self, keys_of: KeysOf, found: dict[str, list[str]]) -> None:
        self._keys_of = keys_of
        self._found = found

    @classmethod
    def of(cls, keys_of: KeysOf, paths: Iterable[str]) -> "Lookup":
        """Return the lookup of some paths."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            for key in keys_of(path):
                found[key].append(path)
        return cls(keys_of, dict(found))

    def having(self, key: str) -> Sequence[str]:
        """Return the paths that have a key, in their order."""
        return self._found.get(key, ())

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def items(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield every key with the paths that have it."""
        yield from self._found.items()

    def later(self, gone: AbstractSet[str], come: AbstractSet[str]) -> "Lookup":
        """Return the lookup without some paths and with others."""
        found = dict(self._found)
        for key in {key for path in (*gone, *come) for key in self._keys_of(path)}:
            found[key] = [path for path in found.get(key, ()) if path not in gone]
        for path in come:
            for key in self._keys_of(path):
                found[key].append(path)
                found[key].sort()
        for key in {key for path in gone for key in self._keys_of(path)}:
            if not found[key]:
                del found[key]
        return Lookup(self._keys_of, found)


class Tree:
    """The paths of a repository at one moment, numbered in their order.

    Lookups are made when they are asked for the first time, and handed on to the trees of later moments.
    """

    def __init__(self, paths: Iterable[str], lookups: Mapping[KeysOf, Lookup] | None = None) -> None:
        self.paths = sorted(paths)
        self._lookups = dict(lookups or {})

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each path."""
        return {path: number for number, path in enumerate(self.paths)}

    def by(self, keys_of: KeysOf) -> Lookup:
        """Return the paths by their keys."""
        if keys_of not in self._lookups:
            self._lookups[keys_of] = Lookup.of(keys_of, self.paths)
        return self._lookups[keys_of]

    def having(self, keys_of: KeysOf, key: str) -> list[int]:
        """Return the numbers of the paths that have a key."""
        return [self.numbers[path] for path in self.by(keys_of).having(key)]

    def later(self, gone: AbstractSet[str], come: AbstractSet[str]) -> "Tree":
        """Return the tree without some paths and with others; this one if there are none."""
        if not gone and not come:
            return self
        lookups = {keys_of: lookup.later(gone, come) for keys_of, lookup in self._lookups.items()}
        return Tree([*(path for path in self.paths if path not in gone), *come], lookups)
