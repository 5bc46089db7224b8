"""Format the code with the project's own formatter, and show that it means what it meant."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from codecompanion.domain.repair import CandidatePatch
from codecompanion.domain.tidying import Diagnostic, Inspection, TidyResult
from codecompanion.workspace.project_files import ProjectFiles, table
from codecompanion.workspace.tidying.bench import Bench, complaint
from codecompanion.workspace.tidying.rewriting import BLACK, rewritten, texts_of, unreadable
from codecompanion.workspace.tidying.ruff import configures_ruff, ruff_for

UNFORMATTED = "unformatted"


@dataclass(frozen=True, slots=True)
class Choice:
    """The formatter to use, "black" or "ruff", and why."""

    formatter: str
    reason: str


def choose(objective: str, project: ProjectFiles) -> Choice:
    """Return the formatter that the objective names, else the one that the project configures, else ruff."""
    for name in ("black", "ruff"):
        if re.search(rf"\b{name}\b", objective.lower()):
            return Choice(name, f"{name} formats: the objective names it")
    pyproject = project.toml("pyproject.toml")
    if table(pyproject, "tool", "ruff", "format") or table(project.toml("ruff.toml"), "format"):
        return Choice("ruff", "ruff formats: the project configures its formatter")
    if reason := BLACK.configured(project):
        return Choice("black", f"black formats: {reason}")
    if configures_ruff(project):
        return Choice("ruff", "ruff formats: the project configures ruff")
    return Choice("ruff", "ruff formats, in its default style: the project configures no formatter")


async def inspect(bench: Bench) -> Inspection:
    """Return which files the formatter would change or cannot read."""
    choice = choose(bench.task.objective, bench.project())
    asked = await _format(bench, choice)
    return Inspection(asked=tuple(asked), notes=tuple(_notes(bench, choice)))


async def tidy(bench: Bench) -> TidyResult:
    """Return one patch with the formatted files, without those that would mean something else."""
    before = bench.sources()
    choice = choose(bench.task.objective, bench.project())
    await _format(bench, choice)
    files = texts_of(before, bench.sources())
    changed = await _of_another_meaning(bench, {path: before[path] for path in files})
    files = {path: text for path, text in files.items() if path not in changed}
    left = [_left(path) for path in changed]
    patches = [_patch(files, choice)] if files else []
    return TidyResult(patches=tuple(patches), left=tuple(left), exhausted=True)


async def _format(bench: Bench, choice: Choice) -> list[Diagnostic]:
    if choice.formatter == "black":
        return await BLACK.rewrite(bench)
    before = bench.sources()
    result = await ruff_for(bench).call(bench, "format", "--no-cache", ".")
    unread = [unreadable("ruff", complaint(result))] if result.exit_code else []
    return rewritten(before, bench.sources(), UNFORMATTED) + unread


async def _of_another_meaning(bench: Bench, before: Mapping[str, bytes]) -> list[str]:
    """Return those of the rewritten files whose syntax trees are not those of their old contents."""
    if not before:
        return []
    folder = bench.scratch / "before"
    for path, content in before.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    result = await bench.ask("same_meaning", str(folder), str(bench.root))
    return json.loads(result.stdout) if result.exit_code == 0 else list(before)


def _left(path: str) -> Diagnostic:
    why = "the project's interpreter could not show that it would mean the same"
    return Diagnostic(rule=UNFORMATTED, path=path, line=0, message="would be rewritten", why_left=why)


def _proof(files: Mapping[str, str]) -> str:
    same = (
        f"the syntax trees of all {len(files)} changed files are"
        if len(files) > 1
        else "the syntax tree of the changed file is"
    )
    return f"{same} as before, but for the looks of docstrings"


def _patch(files: dict[str, str], choice: Choice) -> CandidatePatch:
    title = f"Format the code with {choice.formatter}"
    return CandidatePatch(files=files, template="format", description=title, score=1.0, reasons=(_proof(files),))


def _notes(bench: Bench, choice: Choice) -> list[str]:
    return [choice.reason, *([ruff_for(bench).origin] if choice.formatter == "ruff" else [])]
