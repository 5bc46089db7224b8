"""Localizers side by side, each run in the interpreter that has it: `python localizers.py NAME CASES.jsonl.gz [LIMIT]`.

Prints one JSON line per case: its id, the repository, the scores, the seconds of processor time that indexing and asking took
(a busy machine changes them less than seconds of the clock), and the number of files. All are given the same files, and
rankings are scored after what is no source by its path has been dropped from them.
"""

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from localization import Case, read_cases, score

MOST = 50
NO_SOURCE = re.compile(
    r"(^|/)(tests?|testing|__tests__|specs?|fixtures?|testdata|docs?|examples?|benchmarks?|scripts?|vendor|node_modules|dist|\.[^/]+)/"
    r"|(^|/)(test_[^/]*|conftest\.py|[^/]*(_test|\.test|\.spec|\.test-d)\.\w+|setup\.py|[^/]*\.config\.\w+)$",
    re.IGNORECASE,
)
CODE = (
    ".py",
    ".pyx",
    ".pyi",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".ts",
    ".tsx",
    ".go",
    ".c",
    ".h",
    ".vue",
    ".rs",
    ".java",
    ".rb",
    ".cpp",
)


def is_source(path: str) -> bool:
    """Return whether a file is source code by its path."""
    return path.endswith(CODE) and not NO_SOURCE.search(path)


class Ours:
    """This project's."""

    def __init__(self) -> None:
        self._retriever = import_module("codecompanion.workspace.retrieval").Retriever()

    def index(self, case: Case) -> None:
        """Take in the repository of a case."""
        self._retriever.index(case)

    def rank(self, objective: str) -> list[str]:
        """Return paths, best first."""
        ranked: list[str] = self._retriever.rank(objective, MOST)
        return ranked


class RankBm25:
    """BM25 of rank-bm25 over words that are split at case and underscore; contents that stay are split once."""

    def __init__(self) -> None:
        self._words: dict[str, list[str]] = {}

    def index(self, case: Case) -> None:
        """Take in the repository of a case."""
        texts = {path: text for path, text in case.files.items() if text is not None and is_source(path)}
        self._words = {case.ids[path]: self._words.get(case.ids[path]) or words(text) for path, text in texts.items()}
        self._paths = list(texts)
        self._bm25: Any = import_module("rank_bm25").BM25Okapi([self._words[case.ids[path]] or [""] for path in self._paths])

    def rank(self, objective: str) -> list[str]:
        """Return paths, best first."""
        scores = self._bm25.get_scores(words(objective))
        return [self._paths[n] for n in sorted(range(len(self._paths)), key=lambda n: -scores[n])[:MOST]]


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, identifiers split."""
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)]


class AiderRepoMap:
    """aider-chat's repo map over the source files: files in the order of their first tag; mentions are found as aider does."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="repo-map-")
        self._root = os.path.realpath(self._folder.name)
        self._have: dict[str, str] = {}
        self._map: Any = None

    def index(self, case: Case) -> None:
        """Write the repository of a case to the disk, where aider reads it; its own cache knows what has changed."""
        for path in self._have.keys() - case.files.keys():
            (Path(self._root) / path).unlink(missing_ok=True)
        texts = {path: text for path, text in case.files.items() if text is not None and is_source(path)}
        for path, text in texts.items():
            if self._have.get(path) != case.ids[path]:
                (Path(self._root) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(self._root) / path).write_text(text, encoding="utf-8")
        self._have = {path: case.ids[path] for path in texts}
        if self._map is None:
            io = import_module("aider.io").InputOutput(yes=True)
            self._map = import_module("aider.repomap").RepoMap(root=self._root, main_model=CountsCharacters(), io=io)
        self._tags(set(), set())  # its index is made on the first question

    def rank(self, objective: str) -> list[str]:
        """Return paths, best first."""
        said = set(re.split(r"\W+", objective))
        stems = {Path(path).stem.lower(): path for path in self._have}
        mentioned = {path for path in self._have if Path(path).name in objective}
        mentioned |= {stems[word.lower()] for word in said if len(word) >= len("index") and word.lower() in stems}
        return self._tags(mentioned, said)

    def _tags(self, files: set[str], identifiers: set[str]) -> list[str]:
        paths = [str(Path(self._root) / path) for path in self._have]
        tags: list[Any] = self._map.get_ranked_tags([], paths, files, identifiers)
        return list(dict.fromkeys(tag[0] for tag in tags))[:MOST]


class CountsCharacters:
    """Stands in for the model, of which the repo map asks only how many tokens a text has."""

    def token_count(self, text: str) -> float:
        """Return about how many tokens a text has."""
        return len(text) / 4


LOCALIZERS: dict[str, Callable[[], Any]] = {"codecompanion": Ours, "rank-bm25": RankBm25, "aider repo map": AiderRepoMap}


def main(name: str, path: Path, limit: int) -> None:
    """Run one localizer over the cases of one repository."""
    localizer = LOCALIZERS[name]()
    for number, case in enumerate(read_cases(path)):
        if number == limit:
            break
        begin = time.process_time()
        localizer.index(case)
        indexed = time.process_time()
        ranked = localizer.rank(case.objective)
        asked = time.process_time()
        row = {
            "id": case.case_id,
            "repository": case.repository,
            **score(case.gold, [path for path in ranked if is_source(path)]),
            "index_s": indexed - begin,
            "query_s": asked - indexed,
            "files": sum(text is not None for text in case.files.values()),
            "cold": number == 0,
        }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else -1)  # noqa: PLR2004 - the optional third
