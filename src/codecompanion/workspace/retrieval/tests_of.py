"""Which source a test is for, by the names of both."""

import re

from codecompanion.workspace.retrieval.corpus import Corpus, called
from codecompanion.workspace.retrieval.kinds import Kind

_TEST_MARKS = re.compile(r"\.(test|spec|test-d|cy)$|^tests?[_-]|[_-](tests?|spec)$|tests?$", re.IGNORECASE)


def tested_sources(corpus: Corpus) -> list[tuple[int, int]]:
    """Return pairs of a test and a source it seems to be for: "test_cart.py" and "cart.py", "cart.spec.ts" and "cart.ts"."""
    sources: dict[str, list[int]] = {}
    for number, path in enumerate(corpus.paths):
        if corpus.kinds[number] is Kind.SOURCE:
            for name in {called(path), _with_folder(path)}:
                sources.setdefault(name, []).append(number)
    tests = (number for number, kind in enumerate(corpus.kinds) if kind is Kind.TEST)
    return [(test, source) for test in tests for source in sources.get(_tested_name(corpus.paths[test]), [])]


def _tested_name(path: str) -> str:
    return _TEST_MARKS.sub("", _TEST_MARKS.sub("", called(path)))


def _with_folder(path: str) -> str:
    parts = path.lower().split("/")
    return "_".join([*parts[-2:-1], called(path)])
