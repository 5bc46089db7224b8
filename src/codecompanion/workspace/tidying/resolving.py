"""What an undefined name may stand for: the way others import it, what the project and the libraries define, a slip."""

import ast
import builtins
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codecompanion.workspace.tidying.bench import Bench
from codecompanion.workspace.tidying.modules import Imported, Module

LIBRARY_LIMIT_S = 20.0
SHORTEST_SLIP = 4

HOMES = (
    *("abc", "argparse", "base64", "collections", "collections.abc", "concurrent.futures", "contextlib", "contextvars", "copy"),
    *("dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "io", "itertools", "math", "operator", "pathlib"),
    *("statistics", "tempfile", "textwrap", "threading", "time", "types", "typing", "unittest.mock", "urllib.parse", "uuid"),
    *("weakref", "zoneinfo"),
)
"""Modules of the standard library whose names are usually imported by name."""

ALIASES = {"np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot"}
"""The short names that these libraries' own documentation uses throughout (numpy.org, pandas.pydata.org, matplotlib.org)."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """A name that is used in a file and defined nowhere. `uses` are its places, without those in quoted annotations."""

    module: Module
    name: str
    uses: tuple[ast.Name, ...]

    @property
    def attributes(self) -> tuple[str, ...]:
        """What is taken from it, as in `name.attribute`."""
        parents = (self.module.parents.get(use) for use in self.uses)
        return tuple(sorted({parent.attr for parent in parents if isinstance(parent, ast.Attribute)}))

    @property
    def is_plain(self) -> bool:
        """Whether it is also used as it stands: called, passed, compared. A module is not."""
        return not self.uses or any(not isinstance(self.module.parents.get(use), ast.Attribute) for use in self.uses)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name was decided to stand for: an import to be added, or the name that was meant. `sure` is less for guesses."""

    undefined: Undefined
    imported: Imported | None = None
    meant: str = ""
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Unclear:
    """A name that is left alone, and why."""

    undefined: Undefined
    why: str


async def resolve(bench: Bench, names: Sequence[Undefined], modules: Sequence[Module]) -> list[Meaning | Unclear]:
    """Return for each name what it stands for, or why that cannot be told."""
    library = await _in_the_library(bench, names)
    return [_resolve(undefined, modules, places, bench) for undefined, places in zip(names, library, strict=True)]


def _resolve(undefined: Undefined, modules: Sequence[Module], library: list[Imported], bench: Bench) -> Meaning | Unclear:
    others = [module for module in modules if module.path != undefined.module.path]
    usual = {one.statement(): one for module in others for one in module.imports if _binds(one, undefined.name)}
    if usual:
        fitting = [one for one in usual.values() if one.statement() in {place.statement() for place in library}]
        if len(fitting) == 1 and undefined.attributes:
            return Meaning(undefined, imported=fitting[0])
        return _the_only(undefined, list(usual.values()), "other files import it in several ways")
    own = [module for module in others if _is_importable(module, bench)]
    defined = [*_definitions(undefined, own), *_submodules(undefined, own)]
    if defined or library:
        return _the_only(undefined, [*defined, *library], "it could be any of several", sure=not defined)
    scope = names_in_scope(undefined)
    slips = sorted({name for name in scope if is_slip(undefined.name, name)} | _misspelled_builtins(undefined))
    related = sorted(name for name in scope if _stem(name) == _stem(undefined.name))
    if len(slips) == 1 and not related and undefined.uses:
        return Meaning(undefined, meant=slips[0], sure=False)
    if slips or related:
        return Unclear(undefined, f"it is close to {', '.join((*related, *slips))}, but may be meant for something else")
    return Unclear(undefined, "neither the project nor the libraries of its interpreter define it")


def _the_only(undefined: Undefined, found: list[Imported], several: str, *, sure: bool = True) -> Meaning | Unclear:
    if len(found) == 1:
        return Meaning(undefined, imported=found[0], sure=sure)
    return Unclear(undefined, f"{several}: {'; '.join(sorted(one.statement() for one in found))}")


def _binds(imported: Imported, name: str) -> bool:
    # `import a.b` binds `a`, but whoever needs `a` alone would not write that.
    is_longer = not imported.attribute and imported.bound == imported.top != imported.module
    return imported.bound == name and not imported.optional and not is_longer and imported.attribute != "*"


def _is_importable(module: Module, bench: Bench) -> bool:
    is_own = module.name.partition(".")[0] in bench.task.packages
    return is_own and not module.is_test and not module.name.endswith("__main__")


def _definitions(undefined: Undefined, own: Sequence[Module]) -> Iterator[Imported]:
    for module in own:
        if undefined.name in module.defined:
            yield Imported(module.name, undefined.name, undefined.name, 0, optional=False)


def _submodules(undefined: Undefined, own: Sequence[Module]) -> Iterator[Imported]:
    """Yield imports of the project's modules of that name that define all that is taken from it."""
    for module in own if not undefined.is_plain else ():
        package, _, last = module.name.rpartition(".")
        offered = module.defined | {one.bound for one in module.imports}
        if last == undefined.name and offered.issuperset(undefined.attributes):
            yield Imported(package or last, last if package else "", last, 0, optional=False)


async def _in_the_library(bench: Bench, names: Sequence[Undefined]) -> list[list[Imported]]:
    """Return for each name the imports of the interpreter's libraries that would define it."""
    request = bench.scratch / "names.json"
    asked = [(one.name, one.attributes, one.is_plain) for one in names]
    content = {"names": asked, "standard": sorted(sys.stdlib_module_names), "homes": HOMES, "aliases": ALIASES}
    request.write_text(json.dumps(content), encoding="utf-8")
    result = await bench.ask("library", str(request), limit_s=LIBRARY_LIMIT_S)
    answers: list[list[tuple[str, str]]] = json.loads(result.stdout) if result.exit_code == 0 else [[] for _ in names]
    return [
        [Imported(module, attribute, one.name, 0, optional=False) for module, attribute in places]
        for one, places in zip(names, answers, strict=True)
    ]


def names_in_scope(undefined: Undefined) -> set[str]:
    """Return the names that the module and the functions around the use of an undefined name define."""
    module = undefined.module
    names = module.defined | {one.bound for one in module.imports}
    for use in undefined.uses[:1]:
        node: ast.AST | None = use
        while node is not None:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                names |= _bound_in(node)
            node = module.parents.get(node)
    return names - {undefined.name}


def _bound_in(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    nodes = list(ast.walk(function))
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return arguments | {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _misspelled_builtins(undefined: Undefined) -> set[str]:
    """Return Python's own names with the same letters in another order, or with one too few or too many.

    A letter that is another one makes another word too easily: item, iter.
    """
    pythons = {name for name in dir(builtins) if not name.startswith("_")}
    return {name for name in pythons if is_slip(undefined.name, name) and not _replaces_a_letter(undefined.name, name)}


def _replaces_a_letter(typed: str, meant: str) -> bool:
    return len(typed) == len(meant) and sorted(typed) != sorted(meant)


def _stem(name: str) -> str:
    return name.rstrip("s0123456789")


def is_slip(typed: str, meant: str) -> bool:
    """Whether one name is the other with one letter wrong, missing, too many or two swapped; not for numbers and plurals."""
    if len(typed) < SHORTEST_SLIP or _stem(typed) == _stem(meant):
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    one, other = typed[start:], meant[start:]
    if any(letter.isdigit() for letter in one[:1] + other[:1]):
        return False
    swapped = one[1:2] + one[:1] + one[2:]
    return one != other and other in {swapped, one[1:], other[:1] + one, other[:1] + one[1:]}
