"""Run a step of an installation outside the cage: it needs the network, so it is done only when the user says so."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.abc import Process

from codecompanion.agents.maintenance.installation.steps import Step
from codecompanion.providers.keys import KEY_VARIABLES

LINES_KEPT = 20
_TOLD_EVERY_S = 2.0
_LONGEST_LINE = 160
_GRACE_S = 3.0


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended: `exit_code` is None when it was stopped at its limit; `tail` are the last lines it wrote."""

    exit_code: int | None
    seconds: float
    tail: tuple[str, ...]


async def run_step(
    step: Step, root: Path, environ: Mapping[str, str], log: Path, *, limit_s: float, say: Callable[[str], None]
) -> StepResult:
    """Run a step in the project's folder, write all its output to the end of a log, and return how it ended."""
    started, tail = time.monotonic(), list[str]()
    env = {**_without_keys(environ), **dict(step.env)}
    timed_out = False
    async with await anyio.open_process(
        step.argv, cwd=root, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        try:
            with anyio.move_on_after(limit_s) as limit:
                await _follow(process, log, tail, say)
                await process.wait()
            timed_out = limit.cancelled_caught
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)
    code = None if timed_out else process.returncode
    return StepResult(code, round(time.monotonic() - started, 3), tuple(tail[-LINES_KEPT:]))


def _without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without models' keys and another virtual environment: a build runs strangers' code."""
    hidden = {"VIRTUAL_ENV", "PYTHONHOME", *(name for names in KEY_VARIABLES.values() for name in names)}
    return {name: value for name, value in environ.items() if name not in hidden}


async def _follow(process: Process, log: Path, tail: list[str], say: Callable[[str], None]) -> None:
    told_at, rest = 0.0, b""
    stream = process.stdout
    assert stream is not None
    async with await anyio.open_file(log, "ab") as file:
        async for chunk in stream:
            await file.write(chunk)
            *whole, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
            lines = [line.decode(errors="replace").rstrip() for line in whole]
            tail += [line for line in lines if line]
            del tail[:-LINES_KEPT]
            if tail and time.monotonic() - told_at > _TOLD_EVERY_S:
                told_at = time.monotonic()
                say(f"  {tail[-1][:_LONGEST_LINE]}")
    if rest.strip():
        tail.append(rest.decode(errors="replace").rstrip())


async def _end(process: Process) -> None:
    """End the step and all it started, if it has not ended."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with anyio.move_on_after(_GRACE_S):
            await process.wait()
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
