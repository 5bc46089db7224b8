"""The builtin mind: localise the fault, search edits, validate them, choose."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import islice, tee
from pathlib import Path

import anyio

from codecompanion.domain.repair import RepairResult, RepairTask
from codecompanion.ports import Sandbox, SearchProgress
from codecompanion.repair.baseline import flaky_among, measure, real_root, source_paths
from codecompanion.repair.behaviour import Observer
from codecompanion.repair.candidates import Generator
from codecompanion.repair.choose import choose
from codecompanion.repair.confidence import with_confidence
from codecompanion.repair.findings import Findings
from codecompanion.repair.hunt import APART, Hunt
from codecompanion.repair.localize import localize, suspects_of
from codecompanion.repair.second_edits import hunt_second_edits
from codecompanion.repair.servers import Servers, only_the_first_error, open_servers
from codecompanion.repair.source import SourceFile
from codecompanion.repair.synthesis import synthesised
from codecompanion.repair.validate import Judge
from codecompanion.safe_open import read_file

PROGRESS_S = 0.2
END_S = 0.5
CHOICE_S = 4.0
# One-edit and two-edit searches take turns: end of the first and of the second as shares of the time, candidates of the first.
PASSES = ((0.25, 0.35, 2500), (0.8, 1.0, None))
SYNTHESIS_SHARE = 0.05
ONCE_MORE = 600


class SearchRepairer:
    """Repairs by search: no model, no network, the same answer for the same task and seed.

    Args:
        sandbox: Where the project's tests run.
        workers: How many test servers search side by side.
    """

    def __init__(self, sandbox: Sandbox, *, workers: int = 2) -> None:
        self._sandbox = sandbox
        self._workers = workers

    async def repair(
        self,
        task: RepairTask,
        *,
        on_progress: Callable[[SearchProgress], None],
        on_found: Callable[[RepairResult], None] | None = None,
    ) -> RepairResult:
        """Search until the time is used up or the candidates are; the project's files are not changed.

        Raises:
            EnvironmentBroken: The tests cannot be loaded.
        """
        findings = Findings()
        deadline = anyio.current_time() + task.timeout_s - END_S
        with anyio.move_on_at(deadline):
            async with (
                _reporting(findings, on_progress, on_found),
                open_servers(self._sandbox, task, count=self._workers) as servers,
            ):
                await _repair(task, servers, findings, deadline)
        return findings.result()


async def _repair(task: RepairTask, servers: Servers, findings: Findings, deadline: float) -> None:
    root, tests = real_root(task), await measure(servers.warm, task)
    flaky = await flaky_among(servers.warm[0], tests)
    tests = [test for test in tests if test.test_id not in flaky]
    findings.flaky = tuple(sorted(flaky))
    sources = {path: source for path in source_paths(tests, task) if (source := read_source(Path(root), path))}
    statements = localize(sources, tests)
    findings.suspects = suspects_of(statements)
    if all(test.passed for test in tests):
        return
    judge = Judge(root, tests)
    findings.phase = "search"
    candidates, again = tee(Generator(sources, tests, task.weights).ranked(statements))
    failing = frozenset(test.test_id for test in tests if not test.passed and test.collected)
    start, end = anyio.current_time(), deadline - min(CHOICE_S, task.timeout_s / 4)
    with anyio.move_on_at(end):
        for one_edit_share, end_share, most in PASSES:
            until = start + (end - start) * one_edit_share
            await Hunt(judge, islice(candidates, most), findings, until).run(servers)
            if not findings.plausible and most is not None:
                # What an earlier candidate left in the project's own state may have stood in their way.
                await Hunt(judge, islice(again, APART, ONCE_MORE), findings, until, apart=ONCE_MORE).run(servers)
                later = until + (end - start) * SYNTHESIS_SHARE
                made = await synthesised(judge, servers.warm[0], statements, failing, later)
                await Hunt(judge, iter(made), findings, later).run(servers)
            if not findings.plausible:
                await hunt_second_edits(judge, findings, servers, tests, start + (end - start) * end_share)
            if findings.plausible:
                break
        findings.exhausted = not findings.plausible and next(candidates, None) is None
    findings.phase = "confirm"
    observer = Observer(servers.warm[0], root, tests, task.seed)
    findings.chosen = with_confidence(await choose(list(findings.plausible.values()), observer))


def read_source(root: Path, path: str) -> SourceFile | None:
    """Return a parsed file, None when it is not there or not Python in UTF-8."""
    try:
        return SourceFile(path, read_file(root, path))
    except (OSError, SyntaxError, ValueError):
        return None


@asynccontextmanager
async def _reporting(
    findings: Findings, on_progress: Callable[[SearchProgress], None], on_found: Callable[[RepairResult], None] | None
) -> AsyncGenerator[None]:
    told = 0

    def tell() -> None:
        nonlocal told
        on_progress(findings.progress())
        if on_found is not None and len(findings.plausible) > told:
            told = len(findings.plausible)
            on_found(findings.result())

    async def report() -> None:
        while True:
            tell()
            await anyio.sleep(PROGRESS_S)

    try:
        with only_the_first_error():
            async with anyio.create_task_group() as group:
                group.start_soon(report)
                yield
                group.cancel_scope.cancel()
    finally:
        tell()
