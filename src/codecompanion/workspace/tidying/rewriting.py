"""Tools that rewrite whole files: what they would change is what they find."""

from collections.abc import Mapping
from dataclasses import dataclass

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.tidying import Diagnostic
from codecompanion.workspace.project_files import ProjectFiles, table
from codecompanion.workspace.tidying.bench import Bench, complaint


@dataclass(frozen=True, slots=True)
class Rewriter:
    """A tool of the project's interpreter. `sections` are its tables in pyproject.toml, setup.cfg and tox.ini.

    `unread` are exit codes that mean: some files could not be read, the others are done. `undone` is the rule's name for a file
    that it would change.
    """

    name: str
    args: tuple[str, ...]
    sections: tuple[str, ...]
    undone: str
    files: tuple[str, ...] = ()
    unread: tuple[int, ...] = ()

    def configured(self, project: ProjectFiles) -> str:
        """Return what says that the project uses it, "" when nothing does."""
        if table(project.toml("pyproject.toml"), "tool", self.name):
            return f"pyproject.toml has [tool.{self.name}]"
        for path in ("setup.cfg", "tox.ini"):
            if any(section in project.ini(path) for section in self.sections):
                return f"{path} configures {self.name}"
        return next((path for path in self.files if project.has(path)), "") or self._hook(project)

    def _hook(self, project: ProjectFiles) -> str:
        hooks = project.text(".pre-commit-config.yaml").splitlines()
        return ".pre-commit-config.yaml" if any(line.strip(" -") == f"id: {self.name}" for line in hooks) else ""

    async def rewrite(self, bench: Bench) -> list[Diagnostic]:
        """Let it rewrite the worktree and return what it changed, and what it could not read.

        Raises:
            EnvironmentBroken: It is not installed, or cannot run.
        """
        script = bench.script(self.name)
        if script is None:
            raise self.missing(bench)
        before = bench.sources()
        result = await bench.run((bench.interpreter.executable, str(script), *self.args))
        if result.exit_code not in (0, 1, *self.unread):
            raise EnvironmentBroken(f"{self.name} could not do its work on this project", cause=complaint(result))
        return rewritten(before, bench.sources(), self.undone) + (
            [unreadable(self.name, complaint(result))] if result.exit_code in self.unread else []
        )

    def missing(self, bench: Bench) -> EnvironmentBroken:
        """Return the error that says how to get it."""
        return EnvironmentBroken(
            f"the project uses {self.name}, which is not installed beside {bench.interpreter.executable}",
            fix=bench.interpreter.fix_for_missing(self.name),
        )


ISORT = Rewriter("isort", (".",), ("isort", "tool:isort"), "unsorted-imports", (".isort.cfg",))
AUTOFLAKE = Rewriter("autoflake", ("--in-place", "--recursive", "."), ("autoflake",), "unused-code")
BLACK = Rewriter("black", ("--quiet", "--workers", "1", "."), (), "unformatted", unread=(123,))


def rewritten(before: Mapping[str, bytes], after: Mapping[str, bytes], rule: str) -> list[Diagnostic]:
    """Return a diagnostic for each file that differs."""
    changed = [path for path, content in after.items() if before.get(path) != content]
    return [Diagnostic(rule=rule, path=path, line=0, message="would be rewritten") for path in changed]


def unreadable(tool: str, said: str) -> Diagnostic:
    """Return the diagnostic that says that a tool could not read all files."""
    return Diagnostic(rule=f"{tool}-error", path=".", line=0, message=said, why_left=f"{tool} cannot read it")


def texts_of(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, str]:
    """Return the new texts of the files that changed; those that are no UTF-8 stay as they were."""
    changed = ((path, content) for path, content in after.items() if before.get(path) != content)
    return {path: text for path, content in changed if (text := _text(content)) is not None}


def _text(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
