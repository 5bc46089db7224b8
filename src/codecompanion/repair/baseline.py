"""Measure the tests on the code as it is: what fails, what it says, which lines it runs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio

from codecompanion.domain.repair import RepairTask
from codecompanion.domain.scope import allows, repair_scope
from codecompanion.repair.servers import TestServer
from codecompanion.repair.spectrum import TracedTest

FAILING_LIMIT_S = 1.0
PASSING_LIMIT_S = 20.0
SHARE_OF_TIME = 0.3
CHEAP_S = 0.05
RETRACE_S = 10.0
AGAIN = 4
"""How often a failing test is run again: one that ever passes is flaky, and any edit might seem to cure it."""
AGAIN_S = 0.5
AGAIN_LIMIT_S = 1.0


async def measure(servers: Sequence[TestServer], task: RepairTask) -> list[TracedTest]:
    """Return every failing and passing test of the task that the servers have collected, traced; the failing ones first.

    Tests that the servers see differently than the task says are left out: they depend on their order or on chance.
    """
    known = set(servers[0].hello["tests"])
    failing = [test for test in task.failing if test in known]
    passing = [test for test in task.passing if test in known]
    wall_s = task.timeout_s * SHARE_OF_TIME
    errors = servers[0].hello["errors"]
    broken = [
        _uncollected(test, errors.get(test) or task.messages.get(test, ""), task) for test in task.failing if test not in known
    ]
    traced = [
        *await _traced(servers, failing, FAILING_LIMIT_S, wall_s, task),
        *await _traced(servers, passing, PASSING_LIMIT_S, wall_s, task),
    ]
    expected = dict.fromkeys(failing, False) | dict.fromkeys(passing, True)
    return [*broken, *(test for test in traced if expected[test.test_id] is test.passed)]


async def flaky_among(server: TestServer, tests: Sequence[TracedTest]) -> frozenset[str]:
    """Return the failing tests that pass when they are run again; those that take long are taken at their word."""
    failing = [test.test_id for test in tests if test.collected and not test.passed and test.cpu_s < AGAIN_S / AGAIN]
    flaky: set[str] = set()
    limits = [AGAIN_LIMIT_S] * len(failing)
    for turn in range(1, AGAIN + 1) if failing else ():
        answer = await server.ask({"op": "try", "tests": failing, "limits": limits, "all": True, "turn": turn})
        flaky.update((answer or {}).get("passed", ()))
    return frozenset(flaky)


async def retrace(server: TestServer, unit: Mapping[str, Any], tests: Sequence[TracedTest], root: str) -> list[TracedTest]:
    """Trace the failing tests again with an edit in place, and the passing ones that are cheap."""
    chosen = [t.test_id for t in tests if t.collected and (not t.passed or t.cpu_s < CHEAP_S)]
    request = {"op": "trace", "unit": unit, "tests": chosen, "limit_s": FAILING_LIMIT_S, "wall_s": RETRACE_S}
    answer = await server.ask(request)
    return [_test(root, result) for result in (answer or {}).get("results", ()) if result["outcome"] != "skipped"]


def _uncollected(test_id: str, message: str, task: RepairTask) -> TracedTest:
    """Make the best of a test that could not be collected: the lines that its message names."""
    found = re.findall(r'([\w./\\-]+\.py)(?:", line |:)(\d+)', message)
    root = real_root(task)
    frames = tuple((path.removeprefix(f"{root}/"), int(line), "") for path, line in found)
    return TracedTest(test_id, passed=False, message=message, lines={}, frames=frames, collected=False)


async def _traced(
    servers: Sequence[TestServer], tests: list[str], limit_s: float, wall_s: float, task: RepairTask
) -> list[TracedTest]:
    parts: dict[int, list[Any]] = {}

    async def trace(place: int, server: TestServer, part: list[str]) -> None:
        answer = await server.ask({"op": "trace", "tests": part, "limit_s": limit_s, "wall_s": wall_s})
        parts[place] = answer["results"] if answer else []

    size = -(-len(tests) // len(servers))
    async with anyio.create_task_group() as group:
        for place, server in enumerate(servers):
            part = tests[place * size : (place + 1) * size]
            if part:
                group.start_soon(trace, place, server, part)
    return [
        _test(real_root(task), result) for place in sorted(parts) for result in parts[place] if result["outcome"] != "skipped"
    ]


def real_root(task: RepairTask) -> str:
    """Return the project's folder as the server sees it."""
    return str(Path(task.root).resolve())


def _test(root: str, result: dict[str, Any]) -> TracedTest:
    inside = f"{root}/"
    lines = {path.removeprefix(inside): found for path, found in result["lines"].items()}
    frames = tuple((path.removeprefix(inside), line, name) for path, line, name in result["frames"])
    return TracedTest(result["test"], result["outcome"] == "passed", result["message"], lines, frames, result["cpu_s"])


def source_paths(tests: Iterable[TracedTest], task: RepairTask) -> list[str]:
    """Return the files that failing tests ran and that may change, in order: the project's own, no test, none protected."""
    failing = [test for test in tests if not test.passed]
    found = {path for test in failing for path in test.lines} | {frame[0] for test in failing for frame in test.frames}
    scope = repair_scope((*task.failing, *task.passing))
    own = {path for path in found if not path.startswith(("/", "."))}
    return sorted(path for path in own.difference(task.protected) if allows(scope, path))
