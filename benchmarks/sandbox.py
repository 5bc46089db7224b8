"""What a cage costs: the time of a command that does nothing, bare and in each rung, and of choosing a rung by attacks.

    python benchmarks/sandbox.py [--rounds N]

The kinds take turns within each round, so that what else the machine does meets all alike. Prints a Markdown table.
"""

import argparse
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import anyio

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage, CommandLine, Sandbox
from codecompanion.workspace.sandboxes.choose import RUNGS, prove

BARE = "bare subprocess"
COMMANDS = {"/bin/true": ("/bin/true",), "python -I -S -c pass": (sys.executable, "-I", "-S", "-c", "pass")}
CHOICES = 5


async def _bare(argv: tuple[str, ...], folder: Path) -> None:
    await anyio.run_process(argv, cwd=folder)


async def _caged(sandbox: Sandbox, argv: tuple[str, ...], folder: Path) -> None:
    cage = Cage(writable=(folder,), readable=tuple(map(Path, {sys.prefix, sys.base_prefix})))
    result = await sandbox.run(cage, CommandLine(argv, folder, timeout_s=30))
    assert result.exit_code == 0, result.stderr


async def _timed(job: Callable[[], Awaitable[object]]) -> float:
    begin = time.perf_counter()
    await job()
    return (time.perf_counter() - begin) * 1000


def _sandboxes() -> dict[str, Sandbox]:
    found: dict[str, Sandbox] = {}
    for name, make in RUNGS.items():
        try:
            found[name] = make()
        except SandboxLost as lost:
            print(f"no {name} here: {lost.what}", file=sys.stderr)
    return found


async def _measured(argv: tuple[str, ...], rounds: int) -> dict[str, list[float]]:
    with TemporaryDirectory() as made:
        folder = Path(made)
        jobs: dict[str, Callable[[], Awaitable[None]]] = {BARE: partial(_bare, argv, folder)}
        jobs |= {name: partial(_caged, sandbox, argv, folder) for name, sandbox in _sandboxes().items()}
        times: dict[str, list[float]] = {name: [] for name in jobs}
        for number in range(rounds + 1):
            for name, job in jobs.items():
                took = await _timed(job)
                if number:  # the first round warms up
                    times[name].append(took)
        return times


async def _main(rounds: int) -> None:
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {rounds} rounds\n")
    print("| command | held by | median ms | p95 ms | more than bare, ms | ratio |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for name, argv in COMMANDS.items():
        times = await _measured(argv, rounds)
        bare = median(times[BARE])
        for kind, took in times.items():
            middle, slow = median(took), quantiles(took, n=20)[-1]
            print(f"| `{name}` | {kind} | {middle:.1f} | {slow:.1f} | {middle - bare:.1f} | {middle / bare:.1f} |")
    for rung in _sandboxes():
        took = [await _timed(partial(prove, rung)) for _ in range(CHOICES)]
        print(f"\nChoosing {rung} by its attacks: {median(took):.0f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    anyio.run(_main, parser.parse_args().rounds)
