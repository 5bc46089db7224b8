"""Undefined names: give them the import they lack, or the name that was meant."""

import ast
import re
from collections.abc import Iterable, Sequence

from codecompanion.domain.repair import CandidatePatch
from codecompanion.domain.tidying import Diagnostic, Inspection, TidyResult
from codecompanion.safe_open import write_file
from codecompanion.workspace.tidying.bench import Bench
from codecompanion.workspace.tidying.importing import try_imports, worth_importing
from codecompanion.workspace.tidying.modules import Module, parse, project_modules
from codecompanion.workspace.tidying.placing import with_import
from codecompanion.workspace.tidying.resolving import Meaning, Unclear, Undefined, resolve
from codecompanion.workspace.tidying.rewriting import texts_of
from codecompanion.workspace.tidying.ruff import ruff_for

UNDEFINED = "F821"
_NAME = re.compile(r"Undefined name `(\w+)`")


async def inspect(bench: Bench) -> Inspection:
    """Return the undefined names; the linter's other findings and modules that fail to import are what must not get more."""
    ruff = ruff_for(bench)
    found = await ruff.check(bench, "--extend-select", UNDEFINED)
    asked = tuple(one.model_copy(update={"why_left": ""}) for one in found if one.rule == UNDEFINED)
    modules = bench.task.modules
    if modules is None:
        modules = await worth_importing(bench, {one.path for one in asked})
    tried, failures = await try_imports(bench, modules)
    others = (*(one for one in found if one.rule != UNDEFINED), *failures)
    return Inspection(asked=asked, others=others, notes=(ruff.origin,), modules=tried)


async def tidy(bench: Bench) -> TidyResult:
    """Return a patch that gives every name its meaning that has one only, and one without guesses."""
    before, modules = bench.sources(), await project_modules(bench)
    found = await ruff_for(bench).check(bench, "--select", UNDEFINED)
    answers = await resolve(bench, undefined_names(found, modules), modules)
    meanings = [answer for answer in answers if isinstance(answer, Meaning)]
    patches: list[CandidatePatch] = []
    for chosen in (meanings, [meaning for meaning in meanings if meaning.sure]):
        bench.put_back(before)
        files = await _mended(bench, chosen, before)
        if files and files not in [patch.files for patch in patches]:
            patches.append(_patch(files, chosen))
    left = [_left(one, answer.why) for answer in answers if isinstance(answer, Unclear) for one in found if _is_of(one, answer)]
    return TidyResult(patches=tuple(patches), left=tuple(left), exhausted=True)


def undefined_names(found: Iterable[Diagnostic], modules: Iterable[Module]) -> list[Undefined]:
    """Return the names of ruff's findings with all of their uses, in the order they were found."""
    lines: dict[tuple[str, str], set[int]] = {}
    for one in found:
        if named := _NAME.search(one.message):
            lines.setdefault((one.path, named[1]), set()).add(one.line)
    by_path = {module.path: module for module in modules}
    return [Undefined(by_path[p], name, _uses(by_path[p], name, at)) for (p, name), at in lines.items() if p in by_path]


def _uses(module: Module, name: str, lines: set[int]) -> tuple[ast.Name, ...]:
    nodes = (node for node in ast.walk(module.tree) if isinstance(node, ast.Name))
    return tuple(node for node in nodes if node.id == name and node.lineno in lines)


async def _mended(bench: Bench, meanings: Sequence[Meaning], before: dict[str, bytes]) -> dict[str, str]:
    roots, own = bench.import_roots, bench.task.packages
    for path in dict.fromkeys(meaning.undefined.module.path for meaning in meanings):
        here = [meaning for meaning in meanings if meaning.undefined.module.path == path]
        module: Module | None = _respelled(here[0].undefined.module, here)
        for meaning in here:
            if meaning.imported and (module := parse(path, module.text.encode(), roots) if module else None):
                module = parse(path, with_import(module, meaning.imported, own).encode(), roots)
        if module:
            mark = b"\xef\xbb\xbf" if before[path].startswith(b"\xef\xbb\xbf") else b""
            write_file(bench.root, path, mark + module.text.encode())
    changed = list(texts_of(before, bench.sources()))
    if changed:
        # Only where the project wants its imports sorted: it is the selected rules that are fixed.
        await ruff_for(bench).call(
            bench, "check", "--no-cache", "--fix", "--fixable", "I001", "--exit-zero", "--quiet", *changed
        )
    return texts_of(before, bench.sources())


def _respelled(module: Module, meanings: Iterable[Meaning]) -> Module:
    places = sorted(
        ((use.lineno, use.col_offset, m) for m in meanings if m.meant for use in m.undefined.uses),
        reverse=True,
        key=lambda p: p[:2],
    )
    lines = [line.encode() for line in module.lines]
    for line, column, meaning in places:
        end = column + len(meaning.undefined.name.encode())
        lines[line - 1] = lines[line - 1][:column] + meaning.meant.encode() + lines[line - 1][end:]
    return Module(module.path, module.name, b"".join(lines).decode(), module.tree)


def _patch(files: dict[str, str], meanings: Sequence[Meaning]) -> CandidatePatch:
    title = f"Give {'an undefined name' if len(meanings) == 1 else f'{len(meanings)} undefined names'} a meaning"
    return CandidatePatch(files=files, template="names", description=title, score=1.0, reasons=tuple(map(_reason, meanings)))


def _reason(meaning: Meaning) -> str:
    undefined = meaning.undefined
    stands_for = f"`{meaning.imported.statement()}`" if meaning.imported else f"the name `{meaning.meant}`"
    return f"`{undefined.name}` in {undefined.module.path} stands for {stands_for}"


def _is_of(diagnostic: Diagnostic, answer: Unclear) -> bool:
    named = _NAME.search(diagnostic.message)
    return diagnostic.path == answer.undefined.module.path and named is not None and named[1] == answer.undefined.name


def _left(diagnostic: Diagnostic, why: str) -> Diagnostic:
    return diagnostic.model_copy(update={"why_left": why})
