"""Which public names of a Python project a patch takes away from whoever uses them."""

import ast
from collections.abc import Iterator, Mapping

from codecompanion.domain.python_text import parsed
from codecompanion.domain.scope import is_test_path


def removed_public_names(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return what was public and is not any more: "shop/cart.py: total", "shop/cart.py: Cart.add(price)", in order.

    Public are the top-level functions, classes and constants without an underscore, or exactly those in `__all__`, the
    methods of public classes, and the parameters of all these. Names that the file imports from elsewhere still count as
    there, so a moved function whose old place imports it is not removed. Tests, and modules with an underscore in their
    path, are not public.

    Args:
        before: The text of each changed file, by path; new ones are missing. A file that is no Python says nothing.
        after: The same after the change; deleted ones are missing. A file that is no Python any more has lost all.
    """
    return tuple(
        f"{path}: {name}"
        for path in sorted(before)
        if _is_public_module(path) and before[path] != after.get(path)
        for name in _lost(before[path], after.get(path, ""))
    )


def _is_public_module(path: str) -> bool:
    parts = path.removesuffix(".py").split("/")
    hidden = any(part.startswith("_") and part not in ("__init__", "__main__") for part in parts)
    return path.endswith((".py", ".pyi")) and not hidden and not is_test_path(path)


def _lost(before: str, after: str) -> list[str]:
    old, new = parsed(before), parsed(after)
    if old is None:
        return []
    left = dict(_offered(new)) if new is not None else {}
    lost: list[str] = []
    gone: set[str] = set()
    for name, parameters in _offered(old):
        if name not in left:
            if name.rpartition(".")[0] not in gone:  # what a class has goes with it, also what a class in it has
                lost.append(name)
            gone.add(name)
        elif "**" not in left[name]:
            lost += [f"{name}({one})" for one in parameters if one not in left[name] and one != "**"]
    return lost


def _offered(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each public name of a module with the names of its parameters; "**" stands for any name."""
    listed = _listed(tree)
    for statement in _statements(tree.body):
        for name, parameters in _defined(statement):
            top = name.partition(".")[0]
            if top in listed if listed is not None else not name.startswith("_"):
                yield name, parameters


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for one in body:
        yield one
        if isinstance(one, ast.If | ast.Try):
            yield from _statements([*one.body, *one.orelse, *(line for h in getattr(one, "handlers", ()) for line in h.body)])


def _listed(tree: ast.Module) -> frozenset[str] | None:
    for one in tree.body:
        match one:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=names) | ast.Tuple(elts=names)):
                return frozenset(name.value for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str))
            case _:
                pass
    return None


def _defined(statement: ast.stmt) -> Iterator[tuple[str, tuple[str, ...]]]:
    match statement:
        case ast.FunctionDef(name=name, args=args) | ast.AsyncFunctionDef(name=name, args=args):
            yield name, _parameters(args)
        case ast.ClassDef(name=name, body=body):
            yield name, ()
            for one in body:
                yield from (
                    (f"{name}.{inner}", given)
                    for inner, given in _defined(one)
                    if not inner.startswith("_") or inner == "__init__"
                )
        case ast.Assign(targets=targets):
            yield from ((target.id, ("**",)) for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name, ("**",)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from ((one.asname or one.name.partition(".")[0], ("**",)) for one in names)
        case _:
            pass


def _parameters(args: ast.arguments) -> tuple[str, ...]:
    named = [one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs) if one.arg not in ("self", "cls")]
    return (*(one for one in named if not one.startswith("_")), *(("**",) if args.kwarg else ()))
