"""Which source a test is for, by the names of both."""

import re

from codecompanion.workspace.retrieval.corpus import Corpus, called
from codecompanion.workspace.retrieval.kinds import Kind, kind_of

_TEST_MARKS = re.compile(r"\.(test|spec|test-d|cy)$|^tests?[_-]|[_-](tests?|spec)$|tests?$", re.IGNORECASE)


def tested_sources(corpus: Corpus) -> list[tuple[int, int]]:
    """Return pairs of a test and a source it seems to be for: "test_cart.py" and "cart.py", "cart.spec.ts" and "cart.ts"."""
    sources, numbers = corpus.tree.by(_names_of_source), corpus.numbers
    return [
        (numbers[test], numbers[source])
        for name, tests in corpus.tree.by(_name_of_tested).items()
        for source in sources.having(name)
        for test in tests
    ]


def _names_of_source(path: str) -> set[str]:
    return {called(path), _with_folder(path)} if kind_of(path) is Kind.SOURCE else set()


def _name_of_tested(path: str) -> list[str]:
    return [_TEST_MARKS.sub("", _TEST_MARKS.sub("", called(path)))] if kind_of(path) is Kind.TEST else []


def _with_folder(path: str) -> str:
    parts = path.lower().split("/")
    return "_".join([*parts[-2:-1], called(path)])
