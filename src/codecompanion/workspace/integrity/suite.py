"""The Python part of a test suite that a patch touches, before and after."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.python_text import parsed
from codecompanion.workspace.integrity.assertions import Reader, helpers_that_assert
from codecompanion.workspace.integrity.pairing import Pairs, paired
from codecompanion.workspace.integrity.places import is_python, reported_names, supports_tests
from codecompanion.workspace.integrity.suite_files import PythonTest, TestFile, read_tests
from codecompanion.workspace.integrity.syntax import literals


@dataclass(frozen=True)
class Suite:
    """The Python files of the test suite that a patch touches, before and after, with their tests paired.

    `texts` are all files that the patch touches; `unreadable` those of the suite that could be parsed and no longer can.
    """

    before: Mapping[str, TestFile]
    after: Mapping[str, TestFile]
    texts: tuple[Mapping[str, str], Mapping[str, str]]
    unreadable: tuple[str, ...] = ()

    @cached_property
    def pairs(self) -> Pairs:
        """The tests, paired."""
        return paired(self.before, {path: file for path, file in self.after.items() if path not in self.unreadable})

    @cached_property
    def readers(self) -> tuple[Reader, Reader]:
        """Readers of assertions that know which helpers assert: those before, those after."""
        return _reader(self.before), _reader(self.after)

    def is_as_before(self, old: PythonTest, new: PythonTest) -> bool:
        """Whether a test and all that its module names are the same before and after."""
        same_module = old.path == new.path and self._modules_as_before(old.path)
        return same_module and ast.dump(old.node) == ast.dump(new.node)

    def _modules_as_before(self, path: str) -> bool:
        was, now = ([*file[path].names.items()] for file in (self.before, self.after))
        helpers_stay = self.readers[0].helpers == self.readers[1].helpers
        return helpers_stay and [(n, ast.dump(v)) for n, v in was] == [(n, ast.dump(v)) for n, v in now]

    @cached_property
    def removed_names(self) -> frozenset[str]:
        """Functions and classes of the sources that the patch takes away: tests of them go with them."""
        old, new = (
            {name for path, text in texts.items() if is_python(path) and not supports_tests(path) for name in _defined(text)}
            for texts in self.texts
        )
        return frozenset(old - new)

    @cached_property
    def answers(self) -> list[frozenset[str]]:
        """The constants of each assertion and case of the tests after the change."""
        found: list[frozenset[str]] = []
        for file in self.after.values():
            for test in file.tests.values():
                found += [one.constants for one in Reader(file.names).read(test.node)]
                cases = (part for one in test.node.decorator_list for part in ast.walk(one) if isinstance(part, ast.Tuple))
                found += map(literals, cases)
        return found

    @property
    def accounted(self) -> frozenset[str]:
        """Ids of tests that run under another name, or that went with what they tested."""
        moved = (old.test_id for old, new in self.pairs.same if old.test_id != new.test_id)
        return frozenset((*moved, *(one.test_id for one in self.pairs.merged)))


def suite_of(before: Mapping[str, str], after: Mapping[str, str], report: SuiteReport) -> Suite:
    """Return the test suite's part of a patch. A file is of the suite by its name, its folder, or because tests of it ran."""
    reported = reported_names(report, {*before, *after})

    def read(texts: Mapping[str, str]) -> dict[str, TestFile]:
        paths = (path for path in texts if is_python(path) and (supports_tests(path) or _has_tests(path, reported)))
        found = {path: read_tests(path, texts[path], reported.get(path, frozenset())) for path in paths}
        return {path: file for path, file in found.items() if file is not None}

    old, new = read(before), read(after)
    return Suite(old, new, (before, after), tuple(path for path in old if path in after and path not in new))


def _has_tests(path: str, reported: Mapping[str, frozenset[str]]) -> bool:
    return any("." not in name for name in reported.get(path, ()))  # a doctest's name is dotted, its file a source


def _reader(files: Mapping[str, TestFile]) -> Reader:
    return Reader({}, helpers_that_assert(node for file in files.values() for node in file.support.values()))


def _defined(text: str) -> Iterator[str]:
    tree = parsed(text)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
