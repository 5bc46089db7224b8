"""Find code around the tests that decides their outcome: hooks, fixtures, exits, a patched runner, objects equal to all."""

import ast
from collections import Counter
from collections.abc import Iterator

from codecompanion.domain.integrity import IntegrityKind, Severity
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.outright import always_equal, exits, patches
from codecompanion.workspace.integrity.stand_ins import replaces
from codecompanion.workspace.integrity.syntax import FunctionNode, dotted, line_of, shown

_HOOKS = frozenset(
    f"pytest_{name}"
    for name in (
        *(
            "collection_modifyitems",
            "runtest_makereport",
            "runtest_protocol",
            "runtest_call",
            "runtest_setup",
            "runtest_teardown",
        ),
        *(
            "pyfunc_call",
            "ignore_collect",
            "collect_file",
            "collect_directory",
            "pycollect_makeitem",
            "itemcollected",
            "runtestloop",
        ),
        *(
            "sessionfinish",
            "report_teststatus",
            "cmdline_main",
            "load_initial_conftests",
            "generate_tests",
            "make_collect_report",
        ),
        *(
            "collection",
            "cmdline_parse",
            "configure",
            "runtest_logreport",
            "exception_interact",
            "collection_finish",
            "sessionstart",
        ),
    )
)
_MILD_HOOKS = frozenset({"pytest_configure", "pytest_sessionstart", "pytest_runtest_logreport", "pytest_collection_finish"})


def deciding(before: ast.Module | None, after: ast.Module, *, conftest: bool) -> Iterator[Doubt]:
    """Yield what is new in a file of the test suite and decides outcomes. `before` is None for a new file."""
    had = (
        Counter((one.kind, one.what) for one in _deciding(before, conftest=conftest))
        if before
        else Counter[tuple[IntegrityKind, str]]()
    )
    for doubt in _deciding(after, conftest=conftest):
        if had[doubt.kind, doubt.what]:
            had[doubt.kind, doubt.what] -= 1
        else:
            yield doubt


def _deciding(tree: ast.Module, *, conftest: bool) -> Iterator[Doubt]:
    yield from always_equal(tree)
    yield from patches(tree)
    yield from exits(tree, everywhere=True)
    for statement in ast.walk(tree):
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if statement.name in _HOOKS:
                yield from _hook(statement)
            case ast.FunctionDef(name="load_tests"):
                yield Doubt(
                    IntegrityKind.RUNNER_HOOKED, "blocks", statement.lineno, "load_tests chooses which tests unittest runs"
                )
            case ast.FunctionDef() if conftest and _is_autouse(statement):
                yield from _autouse(statement)
            case ast.Assign(targets=[ast.Name(id="collect_ignore" | "collect_ignore_glob" as name)], value=value):
                yield Doubt(
                    IntegrityKind.COLLECTION_NARROWED, "blocks", statement.lineno, f"{name} is {shown(ast.unparse(value))}"
                )
            case ast.Call(func=ast.Attribute(value=ast.Name(id="collect_ignore" | "collect_ignore_glob"))):
                yield Doubt(
                    IntegrityKind.COLLECTION_NARROWED,
                    "blocks",
                    statement.lineno,
                    f"{shown(ast.unparse(statement))} leaves tests out",
                )
            case ast.Assign(targets=[ast.Name(id="pytest_plugins")], value=value):
                yield Doubt(IntegrityKind.RUNNER_HOOKED, "tell", statement.lineno, f"pytest loads {shown(ast.unparse(value))}")
            case _:
                pass


def _hook(node: FunctionNode) -> Iterator[Doubt]:
    # The body is part of the sentence so that a hook that was there and changed is a finding too.
    severity: Severity = "tell" if node.name in _MILD_HOOKS else "blocks"
    body = "; ".join(ast.unparse(one) for one in node.body)
    yield Doubt(
        IntegrityKind.RUNNER_HOOKED,
        severity,
        node.lineno,
        f"the hook {node.name} is new or changed: {shown(body)} ({len(body)} characters)",
    )


def _is_autouse(node: FunctionNode) -> bool:
    return any("fixture" in dotted(one) and "autouse=True" in ast.unparse(one) for one in node.decorator_list)


def _autouse(node: FunctionNode) -> Iterator[Doubt]:
    for part in ast.walk(node):
        if replaces(part):
            what = f"the fixture {node.name} replaces code for every test: {shown(ast.unparse(part))}"
            yield Doubt(IntegrityKind.RUNNER_HOOKED, "tell", line_of(part), what)
