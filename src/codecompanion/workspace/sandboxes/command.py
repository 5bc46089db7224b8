"""Run a confined command to its end."""

import time

import anyio

from codecompanion.ports import CommandLine, CommandResult
from codecompanion.workspace.sandboxes.capture import HeadTail
from codecompanion.workspace.sandboxes.process import GRACE_S, ConfinedProcess, drain, lost


async def run_to_end(process: ConfinedProcess, command: CommandLine) -> CommandResult:
    """Wait for a command up to its time limit, end all that it started, and return what it said.

    Raises:
        SandboxLost: It never began.
    """
    begin = time.perf_counter()
    stdout, stderr = _both_ends(command.output_bytes), _both_ends(command.output_bytes)
    limit = anyio.CancelScope(deadline=anyio.current_time() + command.timeout_s)
    async with anyio.create_task_group() as group:
        group.start_soon(drain, process.stdout, stdout)
        group.start_soon(drain, process.stderr, stderr)
        with limit:
            await process.wait()
        await process.end()
        group.cancel_scope.deadline = anyio.current_time() + GRACE_S
    exit_code = None if limit.cancelled_caught else _exit_code(process, command, stderr)
    if process.over_quota:
        stderr.add(f"\n[ended: {process.over_quota}]\n".encode())
    truncated = bool(stdout.left_out or stderr.left_out)
    return CommandResult(
        exit_code, time.perf_counter() - begin, stdout.content(), stderr.content(), truncated, process.exceeded
    )


def _exit_code(process: ConfinedProcess, command: CommandLine, stderr: HeadTail) -> int:
    if process.exit_code is None:
        raise lost(f"the sandbox could not run {command.argv[0]!r}", stderr)
    return process.exit_code


def _both_ends(limit: int) -> HeadTail:
    return HeadTail(head_bytes=limit // 2, tail_bytes=limit - limit // 2)
