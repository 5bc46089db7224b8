"""Find stand-ins that a change puts in the place of the code that the tests are about."""

import ast
from collections.abc import Iterator

from codecompanion.domain.integrity import IntegrityKind
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.syntax import dotted, line_of, shown

_PATCHING = (
    *("patch", "mock.patch", "patch.object", "mock.patch.object", "patch.dict", "mock.patch.dict"),
    *("mocker.patch", "mocker.patch.object", "monkeypatch.setattr", "monkeypatch.setitem"),
)


def replaces(node: ast.AST) -> bool:
    """Whether a node puts a stand-in in the place of something: a patch, or an assignment to a loaded module."""
    match node:
        case ast.Call(func=func):
            name = dotted(func)
            return name in _PATCHING or name.endswith((".monkeypatch.setattr", ".mock.patch"))
        case ast.Assign(targets=[ast.Subscript(value=holder)]):
            return dotted(holder) == "sys.modules"
        case _:
            return False


def new_stand_ins(before: ast.AST, after: ast.AST, imported: frozenset[str]) -> list[str]:
    """Return the source of each stand-in that is new in a function. `imported` are names that its module imports."""
    had, has = (
        [ast.unparse(one) for one in ast.walk(tree) if replaces(one) or _overwrites(one, imported)] for tree in (before, after)
    )
    return [one for one in has if one not in had]


def shadowed(before: ast.Module, after: ast.Module) -> Iterator[Doubt]:
    """Yield each name that a test file imported and now defines by itself, and what it overwrites in the modules it imports."""
    was, now = imported_names(before), imported_names(after)
    for one in after.body:
        match one:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) if name in was:
                yield _doubt(one, f"{name} was imported and is now defined by the tests themselves")
            case ast.Assign(targets=[ast.Name(id=name)]) if name in was and not _was_assigned(before, name):
                yield _doubt(one, f"{name} was imported and is now {shown(ast.unparse(one.value))!r}")
            case ast.Assign() if _overwrites(one, now) and ast.unparse(one) not in map(ast.unparse, before.body):
                yield _doubt(one, f"{shown(ast.unparse(one))!r} overwrites what is tested")
            case _:
                pass


def imported_names(tree: ast.Module) -> frozenset[str]:
    """Return the names that a module imports at its top level."""
    imports = (one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom))
    return frozenset(name.asname or name.name.partition(".")[0] for one in imports for name in one.names)


def _overwrites(node: ast.AST, imported: frozenset[str]) -> bool:
    match node:
        case ast.Assign(targets=[ast.Attribute() as target]):
            return dotted(target).partition(".")[0] in imported
        case _:
            return False


def _was_assigned(tree: ast.Module, name: str) -> bool:
    return any(isinstance(one, ast.Assign) and any(dotted(target) == name for target in one.targets) for one in tree.body)


def _doubt(node: ast.AST, what: str) -> Doubt:
    return Doubt(IntegrityKind.TEST_CHANGED, "blocks", line_of(node), what)
