"""Which files a file imports, worked out from the paths of the repository alone."""

import posixpath
from collections.abc import Iterator

from codecompanion.workspace.retrieval.corpus import Corpus, stem_of
from codecompanion.workspace.retrieval.languages import Language, script_language_of

_MOST_NAMESAKES = 3
"""A name that leads to more files leads nowhere."""
_SCRIPTS = (Language.JAVASCRIPT, Language.TYPESCRIPT, Language.TSX)


class ImportGraph:
    """Resolves imports when asked, so that only the files that matter cost time."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def imported_by(self, number: int) -> list[int]:
        """Return the files that a file imports, each once, itself left out. A Go package is all its files."""
        path = self._corpus.paths[number]
        folder, language = posixpath.dirname(path), script_language_of(path)
        found = (target for name in self._corpus.imports(number) for target in self._targets(folder, name, language))
        return [target for target in dict.fromkeys(found) if target != number]

    def _targets(self, folder: str, name: str, language: Language | None) -> list[int]:
        if language is Language.GO:
            return self._package(name)
        for wanted, anchored in _places_of(folder, name, language):
            targets = self._corpus.tree.having(_stem_of if anchored else _endings_of, wanted)
            if 0 < len(targets) <= _MOST_NAMESAKES:
                return targets
        return []

    def _package(self, name: str) -> list[int]:
        parts = name.split("/")
        for start in range(len(parts)):
            files = self._corpus.inside("/".join(parts[start:]))
            if files:
                return [n for n in files if self._corpus.sources[n]]
        return []


def _stem_of(path: str) -> tuple[str]:
    return (_package_stem(path),)


def _endings_of(path: str) -> list[str]:
    parts = _package_stem(path).split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _package_stem(path: str) -> str:
    # A package is the file that is loaded for it.
    folder, _, name = stem_of(path).rpartition("/")
    return folder if name in ("__init__", "index", "mod") and folder else stem_of(path)


def _places_of(folder: str, name: str, language: Language | None) -> Iterator[tuple[str, bool]]:
    """Yield the stems an import may mean, and whether they are counted from the root of the repository."""
    if language is Language.PYTHON:
        yield _python_module(folder, name)
    elif language in _SCRIPTS:
        if name.startswith("."):
            joined = posixpath.normpath(posixpath.join(folder, name))
            yield joined, True
            yield stem_of(joined), True
    elif language in (Language.C, Language.CPP):
        yield stem_of(posixpath.normpath(posixpath.join(folder, name))), True
        yield stem_of(name), False
    elif language is Language.RUBY:
        yield posixpath.normpath(posixpath.join(folder, name)), True
        yield name, False
    else:
        parts = [part for part in name.replace("::", ".").split(".") if part not in ("crate", "self", "super", "")]
        yield posixpath.join(folder, *parts), True
        yield "/".join(parts), False
        yield "/".join(parts[:-1]), False


def _python_module(folder: str, name: str) -> tuple[str, bool]:
    bare = name.lstrip(".")
    if bare == name:
        return name.replace(".", "/"), False
    parts = folder.split("/") if folder else []
    above = len(name) - len(bare) - 1
    return "/".join([*parts[: len(parts) - above], *filter(None, bare.split("."))]), True
