import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.project import Interpreter
from codecompanion.domain.tidying import Inspection, TidyResult, TidyTask, WorkKind
from codecompanion.ports import Sandbox
from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.python_project import import_roots, packages
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from codecompanion.workspace.tidying.tidier import ToolTidier


@dataclass(frozen=True)
class Place:
    """A project to be tidied, with an interpreter that has ruff, black, isort and autoflake."""

    root: Path
    sandbox: Sandbox
    interpreter: Interpreter

    def task(self, kind: WorkKind, objective: str = "") -> TidyTask:
        files = ProjectFiles(self.root)
        return TidyTask(
            root=str(self.root),
            kind=kind,
            objective=objective,
            interpreter=self.interpreter,
            packages=packages(files, import_roots(files)),
            timeout_s=60.0,
        )

    def restore(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


@dataclass(frozen=True)
class Tidied:
    """What came of a tidying: what was found, what was proposed, and what is found after the first patch."""

    before: Inspection
    result: TidyResult
    after: Inspection

    @property
    def files(self) -> dict[str, str]:
        return self.result.patches[0].files if self.result.patches else {}

    def found(self) -> set[tuple[str, str]]:
        return {(one.path, one.rule) for one in self.before.asked}

    def left(self) -> set[tuple[str, str]]:
        return {(one.path, one.rule) for one in self.after.asked}


Tidy = Callable[..., Awaitable[Tidied]]


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return anyio.run(lambda: choose_sandbox(allow_weak=True))


@pytest.fixture
def place(tmp_path: Path, sandbox: Sandbox) -> Place:
    prefixes = tuple(dict.fromkeys((sys.prefix, sys.base_prefix)))
    root = tmp_path.resolve() / "project"
    root.mkdir()
    return Place(root, sandbox, Interpreter(executable=sys.executable, prefixes=prefixes, version="3", source="current"))


@pytest.fixture
def tidy(place: Place) -> Tidy:
    async def run(kind: WorkKind, files: Mapping[str, str | bytes], objective: str = "") -> Tidied:
        tidier = ToolTidier(place.sandbox)
        place.restore(files)
        before = (await tidier.inspect(place.task(kind, objective))).inspection
        place.restore(files)
        result = (await tidier.tidy(place.task(kind, objective))).result
        place.restore(files)
        place.restore(result.patches[0].files if result.patches else {})
        again = place.task(kind, objective).model_copy(update={"modules": before.modules})
        return Tidied(before, result, (await tidier.inspect(again)).inspection)

    return run
