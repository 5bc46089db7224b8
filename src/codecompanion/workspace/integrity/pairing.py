"""Which test of the old files is which one of the new: the same, renamed, moved, merged into another, or gone."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from codecompanion.workspace.integrity.cases import case_constants
from codecompanion.workspace.integrity.suite_files import PythonTest, TestFile
from codecompanion.workspace.integrity.syntax import literals

_ALIKE = 0.6
_SAME_NAME = 0.3


@dataclass(frozen=True, slots=True)
class Pairs:
    """`same` pairs tests before and after. `gone` and `new` have no partner; what `merged` ones hold is in another test."""

    same: tuple[tuple[PythonTest, PythonTest], ...] = ()
    gone: tuple[PythonTest, ...] = ()
    merged: tuple[PythonTest, ...] = ()
    new: tuple[PythonTest, ...] = ()


@dataclass(slots=True)
class _Open:
    gone: list[PythonTest]
    new: list[PythonTest]
    same: list[tuple[PythonTest, PythonTest]] = field(default_factory=list[tuple[PythonTest, PythonTest]])

    def match(self, old: PythonTest, new: PythonTest) -> None:
        self.gone.remove(old)
        self.new.remove(new)
        self.same.append((old, new))


def paired(before: Mapping[str, TestFile], after: Mapping[str, TestFile]) -> Pairs:
    """Return the tests of changed files, paired."""
    old = {test.test_id: test for file in before.values() for test in file.tests.values()}
    new = {test.test_id: test for file in after.values() for test in file.tests.values()}
    still = [(old[one], new[one]) for one in old if one in new]
    state = _Open([test for one, test in old.items() if one not in new], [test for one, test in new.items() if one not in old])
    _match_alike(state, same_name=True)
    _match_alike(state, same_name=False)
    # What is new in tests that were there counts too: a test may have been merged into one of them.
    pool = [_content(test, after) for test in state.new]
    pool += [_content(now, after) - _content(was, before) for was, now in still + state.same]
    merged = [test for test in state.gone if _is_in(_content(test, before), pool)]
    gone = [test for test in state.gone if test not in merged]
    return Pairs(tuple(still + state.same), tuple(gone), tuple(merged), tuple(state.new))


def _match_alike(state: _Open, *, same_name: bool) -> None:
    least = _SAME_NAME if same_name else _ALIKE
    scored = [
        (likeness, n, m)
        for n, old in enumerate(state.gone)
        for m, new in enumerate(state.new)
        if (not same_name or old.function == new.function) and (likeness := _likeness(old, new, least)) >= least
    ]
    gone, new, used = list(state.gone), list(state.new), set[tuple[str, int]]()
    for _, n, m in sorted(scored, key=lambda one: -one[0]):
        if ("gone", n) not in used and ("new", m) not in used:
            used |= {("gone", n), ("new", m)}
            state.match(gone[n], new[m])


def _likeness(old: PythonTest, new: PythonTest, least: float) -> float:
    left, right = old.words, new.words
    if left == right:
        return 1.0
    together = 2 * (Counter(left) & Counter(right)).total() / max(1, len(left) + len(right))
    return SequenceMatcher(None, left, right, autojunk=False).ratio() if together >= least else 0.0


def _content(test: PythonTest, files: Mapping[str, TestFile]) -> frozenset[str]:
    return literals(test.node) | case_constants(test, files[test.path].names)


def _is_in(content: frozenset[str], pool: Iterable[frozenset[str]]) -> bool:
    return bool(content) and any(content <= other for other in pool)
