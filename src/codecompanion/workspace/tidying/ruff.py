"""Ask ruff: the project's own when its interpreter has one, so that its version decides, else the one that came with us."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ruff import find_ruff_bin  # pyright: ignore[reportMissingTypeStubs] # ruff brings none

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.tidying import Diagnostic
from codecompanion.ports import CommandResult
from codecompanion.workspace.project_files import ProjectFiles, table
from codecompanion.workspace.tidying.bench import Bench, complaint

_FINDINGS = (0, 1)
"""Exit codes with which ruff did its work; others say that it could not."""
_SYNTAX = "invalid-syntax"
_WHY_LEFT = {"unsafe": "its only fix may change what the code does", "display": "its only fix is a suggestion"}


@dataclass(frozen=True, slots=True)
class Ruff:
    """A ruff to be called. `origin` says whose it is."""

    executable: Path
    origin: str

    async def call(self, bench: Bench, *args: str) -> CommandResult:
        """Run it on the worktree.

        Raises:
            EnvironmentBroken: It cannot read its configuration, or cannot run.
        """
        result = await bench.run((str(self.executable), *args), readable=(self.executable,))
        if result.exit_code not in _FINDINGS and not _could_not_read_a_file(result):
            raise EnvironmentBroken(
                f"ruff {args[0]} could not do its work on this project",
                cause=complaint(result),
                fix="mend its configuration, or install the version it asks for in the project's environment",
            )
        return result

    async def check(self, bench: Bench, *args: str) -> list[Diagnostic]:
        """Return what it finds; nothing is changed."""
        command = ("check", "--no-cache", "--no-fix", "--output-format", "json", *args, ".")
        result = await self.call(bench, *command)
        return [_diagnostic(one, bench.root) for one in json.loads(result.stdout or b"[]")]


def _could_not_read_a_file(result: CommandResult) -> bool:
    # `ruff format` does the other files and says 2 as well.
    said = result.stderr + result.stdout
    return result.exit_code == 2 and (b"Failed to parse" in said or _SYNTAX.encode() in said)  # noqa: PLR2004 - ruff's own


def ruff_for(bench: Bench) -> Ruff:
    """Return the project's own ruff, or ours.

    Raises:
        EnvironmentBroken: Neither is there.
    """
    if own := bench.script("ruff"):
        return Ruff(own, "the ruff of the project's interpreter was asked")
    try:
        return Ruff(Path(find_ruff_bin()), f"ruff {metadata.version('ruff')} was asked: the project's interpreter has none")
    except FileNotFoundError as error:
        raise EnvironmentBroken(
            "ruff is missing", cause=str(error), fix="install CodeCompanion again: it brings ruff"
        ) from error


def configures_ruff(files: ProjectFiles) -> bool:
    """Whether the project says how ruff is to look at it."""
    return bool(files.has("ruff.toml") or files.has(".ruff.toml") or table(files.toml("pyproject.toml"), "tool", "ruff"))


def _diagnostic(found: dict[str, Any], root: Path) -> Diagnostic:
    path, row = Path(found["filename"]), found["location"] or {"row": 0}
    return Diagnostic(
        rule=found["code"] or _SYNTAX,
        path=path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path),
        line=row["row"],
        message=found["message"],
        why_left=_why_left(found["fix"]),
    )


def _why_left(fix: dict[str, Any] | None) -> str:
    return "no tool knows a fix" if fix is None else _WHY_LEFT.get(fix["applicability"], "")


def of_rules(rules: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments that ask for some rules only, none for all that the project has selected."""
    return ("--select", ",".join(rules)) if rules else ()
