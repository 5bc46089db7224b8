"""The tidier: one function to look and one to mend for each kind of work."""

import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.tidying import Inspection, TidyResult, TidyTask, WorkKind
from codecompanion.ports import Inspected, Sandbox, Tidied
from codecompanion.workspace.os_errors import os_errors_explained
from codecompanion.workspace.tidying import declaring, formatting, linting, naming
from codecompanion.workspace.tidying.bench import Bench


@dataclass(frozen=True, slots=True)
class _Trade:
    inspect: Callable[[Bench], Awaitable[Inspection]]
    tidy: Callable[[Bench], Awaitable[TidyResult]]


TRADES = {
    WorkKind.LINT: _Trade(linting.inspect, linting.tidy),
    WorkKind.FORMAT: _Trade(formatting.inspect, formatting.tidy),
    WorkKind.NAMES: _Trade(naming.inspect, naming.tidy),
    WorkKind.DEPENDENCIES: _Trade(declaring.inspect, declaring.tidy),
}


class ToolTidier:
    """Tidies with tools that run in a sandbox. See `ports.Tidier`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @os_errors_explained
    async def inspect(self, task: TidyTask) -> Inspected:
        """Say what is to be mended."""
        async with self._bench(task) as bench:
            inspection = await TRADES[task.kind].inspect(bench)
            return Inspected(inspection, tuple(bench.runs))

    @os_errors_explained
    async def tidy(self, task: TidyTask) -> Tidied:
        """Propose patches, the most thorough first."""
        async with self._bench(task) as bench:
            result = await TRADES[task.kind].tidy(bench)
            return Tidied(result, tuple(bench.runs))

    @asynccontextmanager
    async def _bench(self, task: TidyTask) -> AsyncGenerator[Bench]:
        with tempfile.TemporaryDirectory(prefix="codecompanion-tidying-", ignore_cleanup_errors=True) as folder:
            yield Bench(task, self._sandbox, _scratch(Path(folder)), time.monotonic() + task.timeout_s)


def _scratch(folder: Path) -> Path:
    scratch = folder.resolve() / "bench"  # the folder itself is closed to the sandbox's user
    scratch.mkdir()
    return scratch
