"""Tries the attacks on a sandbox."""

import json
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import anyio.to_thread

import codecompanion
from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import CommandLine, CommandResult, Sandbox
from codecompanion.workspace.sandboxes.attacks import inside
from codecompanion.workspace.sandboxes.attacks.baits import WRITTEN_BYTES, Baits, baits
from codecompanion.workspace.sandboxes.attacks.finding import Finding, Outcome
from codecompanion.workspace.sandboxes.attacks.inside.program import STARTED
from codecompanion.workspace.sandboxes.attacks.table import ATTACKS, Attack

TIMEOUT_S = 60.0
SPIN_S = 1.0
BOOTSTRAP = f"import sys; sys.path.insert(0, sys.argv[1]); from {inside.__name__}.program import main; main()"
ALONE = frozenset({"A57", "A58", "A60", "A101"})
"""They end their cage, or are judged by what is left when it has ended."""
OVERSHOOT = 4
"""So many times what a cage may write can be on the disk before it is seen and ended."""
BEATS_S = 0.1


async def attack(sandbox: Sandbox, attacks: Sequence[Attack] = ATTACKS) -> tuple[Finding, ...]:
    """Return what came of each attack, in order.

    Raises:
        SandboxLost: The sandbox cannot run Python at all.
    """
    found: dict[str, Finding] = {}
    together = [one for one in attacks if one.number not in ALONE]
    for batch in (together, *([one] for one in attacks if one.number in ALONE)):
        if batch:
            found |= {one.attack.number: one for one in await _attacked(sandbox, batch)}
    return tuple(found[one.number] for one in attacks)


async def _attacked(sandbox: Sandbox, batch: Sequence[Attack]) -> list[Finding]:
    with baits() as laid:
        await anyio.to_thread.run_sync(_copy_program, laid.inside)
        result = await sandbox.run(laid.cage, _command(laid, batch))
        if batch[0].number in ALONE:
            return [await _JUDGES[batch[0].number](batch[0], laid, result)]
        found = _findings(batch, laid, result)
    return found + await _untold(sandbox, batch[len(found) :], result, alone=len(batch) == 1)


async def _untold(sandbox: Sandbox, batch: Sequence[Attack], result: CommandResult, *, alone: bool) -> list[Finding]:
    """Return what comes of the attacks left over by a program that was ended: of the first by itself, for it may be why."""
    if not batch:
        return []
    if alone:
        got_nowhere = result.timed_out or result.exit_code == -signal.SIGKILL
        return [Finding(batch[0], "held" if got_nowhere else "untried", f"it was ended: {_words(result)}")]
    first, *rest = batch
    return await _attacked(sandbox, [first]) + (await _attacked(sandbox, rest) if rest else [])


def _copy_program(folder: Path) -> None:
    """Copy the attacks into the cage: that they can be read there shows nothing of the machine."""
    source = Path(inside.__file__).parent
    target = folder / "program" / source.relative_to(Path(codecompanion.__file__).parent.parent)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for parent in target.parents:
        if parent == folder / "program":
            break
        (parent / "__init__.py").touch()


def _command(laid: Baits, batch: Sequence[Attack]) -> CommandLine:
    numbers = ",".join(one.number for one in batch)
    argv = (sys.executable, "-I", "-S", "-B", "-c", BOOTSTRAP, str(laid.inside / "program"), laid.aims.to_json(), numbers)
    return CommandLine(argv, laid.inside, SPIN_S if numbers == "A58" else TIMEOUT_S)


def _findings(batch: Sequence[Attack], laid: Baits, result: CommandResult) -> list[Finding]:
    """Return what is known of the attacks that have ended, in order."""
    started, *lines = result.stdout.decode(errors="replace").rpartition("\n")[0].split("\n")
    if started != STARTED:
        raise SandboxLost("the sandbox cannot run Python", cause=_words(result))
    taken = laid.taken()
    told: list[tuple[Outcome, str]] = [json.loads(line) for line in lines]
    return [
        Finding(one, "escaped", taken[one.number]) if one.number in taken else Finding(one, outcome, detail)
        for one, (outcome, detail) in zip(batch, told, strict=False)
    ]


def _words(result: CommandResult) -> str:
    return result.stderr.decode(errors="replace").strip() or f"exit code {result.exit_code}"


async def _written(one: Attack, laid: Baits, _result: CommandResult) -> Finding:
    written = sum(path.stat().st_size for path in laid.inside.glob("file-*"))
    outcome: Outcome = "escaped" if written > OVERSHOOT * WRITTEN_BYTES else "held"
    return Finding(one, outcome, f"{written // 1024**2} MiB were written")


async def _ended(one: Attack, _laid: Baits, result: CommandResult) -> Finding:
    return Finding(one, "held" if result.timed_out else "escaped", f"it ran for {result.duration_s:.1f} s")


async def _killed(one: Attack, _laid: Baits, result: CommandResult) -> Finding:
    outcome: Outcome = "held" if result.exit_code == -signal.SIGKILL else "escaped"
    return Finding(one, outcome, f"{_words(result)} after {result.duration_s:.1f} s")


async def _silent(one: Attack, laid: Baits, _result: CommandResult) -> Finding:
    heart = laid.inside / "heart"
    if not heart.exists():
        return Finding(one, "untried", "the daemon did not start")
    before = heart.read_text()
    await anyio.sleep(BEATS_S)
    return Finding(one, *(("held", "") if heart.read_text() == before else ("escaped", "it still runs")))


_JUDGES = {"A57": _written, "A58": _ended, "A60": _silent, "A101": _killed}
