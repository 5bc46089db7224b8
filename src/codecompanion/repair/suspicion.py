"""Say where the fault may be, without searching for its repair."""

from collections.abc import Sequence
from pathlib import Path

from codecompanion.domain.repair import RepairTask, Suspect
from codecompanion.ports import Sandbox
from codecompanion.repair.baseline import measure, real_root, source_paths
from codecompanion.repair.localize import localize, suspects_of
from codecompanion.repair.search import read_source
from codecompanion.repair.servers import open_servers


async def suspects(
    sandbox: Sandbox, task: RepairTask, faults: Sequence[Sequence[str]], *, most: int
) -> list[tuple[Suspect, ...]]:
    """Trace the tests once and return for each fault, given by its failing tests, at most `most` suspicious places.

    A fault whose tests fail no more has none. The files are left as they are. Bound it with a cancel scope.

    Raises:
        EnvironmentBroken: The tests cannot be loaded.
    """
    async with open_servers(sandbox, task, count=1) as servers:
        tests = await measure(servers.warm, task)
    root = Path(real_root(task))
    sources = {path: source for path in source_paths(tests, task) if (source := read_source(root, path))}
    found: list[tuple[Suspect, ...]] = []
    for fault in faults:
        concerned = [test for test in tests if test.passed or test.test_id in fault]
        is_seen = not all(test.passed for test in concerned)
        found.append(suspects_of(localize(sources, concerned), most) if is_seen else ())
    return found
