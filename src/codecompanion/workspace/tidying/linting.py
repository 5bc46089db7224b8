"""Lint findings: what ruff fixes safely, and what the project's other fixers do."""

import re

from codecompanion.domain.repair import CandidatePatch
from codecompanion.domain.tidying import Diagnostic, Inspection, TidyResult
from codecompanion.workspace.tidying.bench import Bench
from codecompanion.workspace.tidying.importing import try_imports, worth_importing
from codecompanion.workspace.tidying.rewriting import AUTOFLAKE, ISORT, Rewriter, texts_of
from codecompanion.workspace.tidying.ruff import Ruff, configures_ruff, of_rules, ruff_for

FIXERS = (AUTOFLAKE, ISORT)
_RULE = re.compile(r"\b[A-Z]{1,5}[0-9]{3,4}\b")
_TRUSTING = ("F401", "F811")
"""Rules whose fixes take names away that other files may rely on: left out when the first patch broke something."""


async def inspect(bench: Bench) -> Inspection:
    """Return what the project's linters find. The rules or the tool that the objective names are the only ones asked."""
    ruff, rules, asked = ruff_for(bench), rules_in(bench.task.objective), list[Diagnostic]()
    before, notes = bench.sources(), _notes(bench, ruff)
    if _asks_ruff(bench):
        asked += await ruff.check(bench, *of_rules(rules))
    for fixer in _fixers(bench):
        asked += await fixer.rewrite(bench)
    bench.put_back(before)
    modules = bench.task.modules
    if modules is None:
        modules = await worth_importing(bench, {diagnostic.path for diagnostic in asked})
    tried, others = await try_imports(bench, modules)
    return Inspection(asked=tuple(asked), others=tuple(others), notes=tuple(notes), modules=tried)


async def tidy(bench: Bench) -> TidyResult:
    """Return the patch of all safe fixes, and one without those that other files may feel."""
    ruff, before = ruff_for(bench), bench.sources()
    patches: list[CandidatePatch] = []
    for spared in ((), _TRUSTING):
        bench.put_back(before)
        files = await _fixed(bench, ruff, before, spared)
        if files and files not in [patch.files for patch in patches]:
            patches.append(_patch(files, spared))
    return TidyResult(patches=tuple(patches), exhausted=True)


async def _fixed(bench: Bench, ruff: Ruff, before: dict[str, bytes], spared: tuple[str, ...]) -> dict[str, str]:
    if _asks_ruff(bench):
        keeping = ("--unfixable", ",".join(spared)) if spared else ()
        select = of_rules(rules_in(bench.task.objective))
        await ruff.call(bench, "check", "--no-cache", "--fix", "--no-unsafe-fixes", "--exit-zero", *keeping, *select, ".")
    for fixer in _fixers(bench):
        if not (spared and fixer is AUTOFLAKE):
            await fixer.rewrite(bench)
    return texts_of(before, bench.sources())


def _patch(files: dict[str, str], spared: tuple[str, ...]) -> CandidatePatch:
    but = f", but for {' and '.join(spared)}" if spared else ""
    return CandidatePatch(files=files, template="lint", description=f"Fix lint findings{but}", score=0.5 if spared else 1.0)


def rules_in(objective: str) -> tuple[str, ...]:
    """Return the rules that an objective names, such as F401."""
    return tuple(dict.fromkeys(_RULE.findall(objective)))


def _named(objective: str) -> set[str]:
    return {tool for tool in ("ruff", *(fixer.name for fixer in FIXERS)) if re.search(rf"\b{tool}\b", objective.lower())}


def _asks_ruff(bench: Bench) -> bool:
    named = _named(bench.task.objective)
    return not named or "ruff" in named or bool(rules_in(bench.task.objective))


def _fixers(bench: Bench) -> list[Rewriter]:
    """Return the fixers to run: those that the objective names, else those that are configured and installed."""
    named = _named(bench.task.objective)
    if named or rules_in(bench.task.objective):
        return [fixer for fixer in FIXERS if fixer.name in named]
    project = bench.project()
    return [fixer for fixer in FIXERS if fixer.configured(project) and bench.script(fixer.name)]


def _notes(bench: Bench, ruff: Ruff) -> list[str]:
    project = bench.project()
    notes = [ruff.origin] if _asks_ruff(bench) else []
    if notes and not configures_ruff(project):
        notes.append("the project does not configure ruff: its default rules were asked")
    reasons = {fixer.name: fixer.configured(project) for fixer in FIXERS if not bench.script(fixer.name)}
    absent = "but it is not installed in the project's interpreter"
    return notes + [f"{name} was not run: {reason}, {absent}" for name, reason in reasons.items() if reason]
