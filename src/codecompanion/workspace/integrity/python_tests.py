"""Compare the Python tests of a patch, before and after."""

import ast
from collections.abc import Iterator, Mapping

from codecompanion.domain.integrity import IntegrityFinding, IntegrityKind
from codecompanion.workspace.integrity.assertions import Reader, unreached
from codecompanion.workspace.integrity.cases import case_constants, fewer_cases
from codecompanion.workspace.integrity.comparing import weaker
from codecompanion.workspace.integrity.disabling import newly_disabled, skipping_calls
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.places import is_conftest
from codecompanion.workspace.integrity.stand_ins import imported_names, new_stand_ins, shadowed
from codecompanion.workspace.integrity.suite import Suite
from codecompanion.workspace.integrity.suite_files import PythonTest, TestFile
from codecompanion.workspace.integrity.syntax import FunctionNode, calls, shown
from codecompanion.workspace.integrity.testing_code import deciding


def examine_python_tests(suite: Suite) -> Iterator[IntegrityFinding]:
    """Yield what is weaker in the Python tests of a patch."""
    for path in suite.unreadable:
        yield _finding(path, Doubt(IntegrityKind.UNREADABLE, "blocks", 0, "the test file is no Python any more"))
    for test in suite.pairs.gone:
        if test.path not in suite.unreadable:
            severity = "tell" if _names(test.node) & suite.removed_names else "blocks"
            yield _finding(
                test.path,
                Doubt(IntegrityKind.TEST_DELETED, severity, test.node.lineno, "the test is gone, or is not collected any more"),
                test,
            )
    elsewhere = _elsewhere(suite)
    for old, new in suite.pairs.same:
        yield from (_finding(new.path, doubt, old) for doubt in _in_test(suite, old, new, elsewhere))
    for path, file in suite.after.items():
        yield from (_finding(path, doubt) for doubt in _around_tests(suite, path, file, elsewhere))


def _in_test(suite: Suite, old: PythonTest, new: PythonTest, elsewhere: frozenset[str]) -> Iterator[Doubt]:
    was, now = suite.before[old.path], suite.after[new.path]
    yield from newly_disabled(old, new, was, now)
    yield from fewer_cases(old, new, was.names, now.names)
    if suite.is_as_before(old, new):
        return
    yield from _asserts_less(suite, (old.node, was.names), (new.node, now.names), elsewhere | case_constants(new, now.names))
    if added := new_stand_ins(old.node, new.node, imported_names(now.tree)):
        what = f"it puts a stand-in in place of code: {shown(added[0])!r}"
        yield Doubt(IntegrityKind.TEST_CHANGED, "tell", new.node.lineno, what)


def _asserts_less(
    suite: Suite,
    old: tuple[FunctionNode, Mapping[str, ast.expr]],
    new: tuple[FunctionNode, Mapping[str, ast.expr]],
    elsewhere: frozenset[str],
) -> Iterator[Doubt]:
    before, after = (
        Reader(names, suite_reader.helpers).read(node)
        for (node, names), suite_reader in zip((old, new), suite.readers, strict=True)
    )
    doubts = [
        one
        for one in weaker(before, after, elsewhere, unreached(new[0], after, new[1]))
        if not _is_of(one, suite.removed_names)
    ]
    for kind in dict.fromkeys(one.kind for one in doubts):
        first, *others = sorted((one for one in doubts if one.kind is kind), key=lambda one: (one.severity, one.line))
        yield Doubt(kind, first.severity, first.line, first.what + (f", and {len(others)} more" if others else ""))
    if not before and any(True for _ in calls(old[0])) and not any(True for part in new[0].body for _ in calls(part)):
        yield Doubt(IntegrityKind.ASSERTION_REMOVED, "blocks", new[0].lineno, "it does nothing any more")


def _is_of(doubt: Doubt, removed: frozenset[str]) -> bool:
    return doubt.kind is IntegrityKind.ASSERTION_REMOVED and any(f"{name}(" in doubt.what for name in removed)


def _around_tests(suite: Suite, path: str, file: TestFile, elsewhere: frozenset[str]) -> Iterator[Doubt]:
    old = suite.before.get(path)
    if old is not None and suite.texts[0][path] == suite.texts[1][path]:
        return
    yield from deciding(old.tree if old else None, file.tree, conftest=is_conftest(path))
    for name, node in file.support.items():
        was = old.support.get(name) if old else None
        if was is not None and old is not None:
            yield from skipping_calls(was, node)
            yield from _asserts_less(suite, (was, old.names), (node, file.names), elsewhere)
        elif is_conftest(path) or old is not None:
            yield from skipping_calls(None, node)
    if old is not None:
        yield from shadowed(old.tree, file.tree)
        yield from skipping_calls(_outside(old.tree), _outside(file.tree))


def _outside(tree: ast.Module) -> ast.Module:
    kept: list[ast.stmt] = [one for one in tree.body if isinstance(one, ast.Expr | ast.If | ast.Raise | ast.Try | ast.Assign)]
    return ast.Module(kept, [])


def _elsewhere(suite: Suite) -> frozenset[str]:
    """Return the texts of assertions of tests and helpers that are new: a test that lost them may have been split."""
    reader = suite.readers[1]
    fresh = [one.node for one in suite.pairs.new]
    fresh += [
        node
        for path, file in suite.after.items()
        for name, node in file.support.items()
        if path not in suite.before or name not in suite.before[path].support
    ]
    return frozenset(text for node in fresh for one in reader.read(node) for text in (one.text, one.source))


def _names(node: ast.AST) -> frozenset[str]:
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name)) | frozenset(
        part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)
    )


def _finding(path: str, doubt: Doubt, test: PythonTest | None = None) -> IntegrityFinding:
    return IntegrityFinding(
        kind=doubt.kind,
        severity=doubt.severity,
        path=path,
        line=doubt.line,
        what=doubt.what,
        test_id=test.test_id if test else None,
    )
