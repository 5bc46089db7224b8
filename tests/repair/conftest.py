import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from codecompanion.domain.project import Interpreter, TestSuite
from codecompanion.domain.repair import RepairResult, RepairTask
from codecompanion.ports import Sandbox, SearchProgress
from codecompanion.repair.search import SearchRepairer
from codecompanion.workspace.sandboxes.choose import choose_sandbox

Repair = Callable[..., Awaitable[RepairResult]]


@pytest.fixture
async def sandbox() -> Sandbox:
    return await choose_sandbox(allow_weak=True)


@pytest.fixture
def interpreter() -> Interpreter:
    prefixes = tuple(dict.fromkeys((sys.prefix, sys.base_prefix)))
    return Interpreter(executable=sys.executable, prefixes=prefixes, version="3", source="current")


@pytest.fixture
def repair(tmp_path: Path, sandbox: Sandbox, interpreter: Interpreter) -> Repair:
    async def run(
        files: Mapping[str, str],
        *,
        failing: tuple[str, ...],
        passing: tuple[str, ...] = (),
        runner: str = "pytest",
        timeout_s: float = 90.0,
        progress: list[SearchProgress] | None = None,
    ) -> RepairResult:
        root = write(tmp_path / "project", files)
        suite = TestSuite.model_validate({"runner": runner})
        task = RepairTask(
            root=str(root), interpreter=interpreter, suite=suite, failing=failing, passing=passing, timeout_s=timeout_s
        )
        return await SearchRepairer(sandbox).repair(task, on_progress=(progress if progress is not None else []).append)

    return run


def write(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root
