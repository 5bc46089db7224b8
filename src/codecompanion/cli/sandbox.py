"""`sandbox test` attacks the sandboxes of this machine; `sandbox run` lets a person try the one that holds."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import HERE, Folder, Json, load_settings, print_json

if TYPE_CHECKING:
    from codecompanion.ports import CommandResult
    from codecompanion.workspace.sandboxes.choose import Proof

ENVIRONMENT_EXIT_CODE = 6
LIMIT_EXIT_CODE = 4
SIGNAL_BASE = 128

app = typer.Typer(help="Attack the sandbox of this machine, or try it by hand.")


@app.command("test")
def attack_it(*, as_json: Json = False) -> int:
    """Attack each kind of sandbox from inside and show what held; exit 6 when one does not do what it says, or none is here."""
    import anyio

    from codecompanion.workspace.sandboxes.attacks.table import ATTACKS
    from codecompanion.workspace.sandboxes.choose import RUNGS, prove
    from codecompanion.workspace.sandboxes.together import who_holds_it

    async def inside() -> "list[Proof]":
        return [await prove(name, ATTACKS) for name in RUNGS]

    proofs, together = anyio.run(inside), who_holds_it()
    if as_json:
        print_json({**_as_json(proofs), "memory_together": together})
    else:
        _show(proofs)
        print(f"memory of a command's processes together: {together}")
    return ENVIRONMENT_EXIT_CODE if _enforced(proofs) is None or any(proof.broken for proof in proofs) else 0


def _enforced(proofs: "list[Proof]") -> str | None:
    """Return the strongest rung that holds, None when none but the weak one is left."""
    from codecompanion.ports import WEAK_RUNG

    return next((one.rung for one in proofs if one.sandbox and not one.broken and one.rung != WEAK_RUNG), None)


def _as_json(proofs: "list[Proof]") -> dict[str, object]:
    from dataclasses import asdict

    from codecompanion.workspace.sandboxes.attacks.table import ACCEPTED

    rungs = [
        {
            "rung": proof.rung,
            "here": proof.sandbox is not None,
            "why_not": proof.why_not or None,
            "holds": bool(proof.sandbox) and not proof.broken,
            "attacks": [
                {
                    **asdict(one.attack),
                    "outcome": one.outcome,
                    "detail": one.detail,
                    "accepted": ACCEPTED.get(proof.rung, {}).get(one.attack.number),
                }
                for one in proof.findings
            ],
        }
        for proof in proofs
    ]
    return {"schema_version": 1, "type": "sandbox_test", "enforced": _enforced(proofs), "rungs": rungs}


def _show(proofs: "list[Proof]") -> None:
    for proof in proofs:
        print(f"{proof.rung}: {_summary(proof)}")
        for one in proof.findings:
            if one.outcome != "held":
                print(
                    f"  {_mark(proof, one.attack.number, one.outcome):<8} {one.attack.number} {one.attack.name}: {one.detail}"
                )
    print(f"enforced here: {_enforced(proofs) or 'nothing'}")


def _summary(proof: "Proof") -> str:
    if proof.lost:
        return f"not here: {proof.why_not}"
    held = sum(one.outcome == "held" for one in proof.findings)
    return f"{held} of {len(proof.findings)} attacks came to nothing"


def _mark(proof: "Proof", number: str, outcome: str) -> str:
    from codecompanion.ports import WEAK_RUNG
    from codecompanion.workspace.sandboxes.attacks.table import ACCEPTED

    if outcome == "untried":
        return "untried"
    return "open" if proof.rung == WEAK_RUNG or number in ACCEPTED.get(proof.rung, {}) else "ESCAPED"


@app.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def run_in_it(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="The program and its arguments.")],
    *,
    cwd: Folder = HERE,
    read: Annotated[
        list[Path] | None,
        typer.Option("--read", metavar="PATH", help="What else it may read; may be repeated.", show_default=False),
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds it may take.")] = 600.0,
) -> int:
    """Run a command as a project's commands are run, with the folder read-only; exit with the command's exit code.

    HOME and TMPDIR are its own and are gone afterwards; there is no network.
    """
    import anyio

    from codecompanion.cli.failure import say
    from codecompanion.ports import Cage, CommandLine
    from codecompanion.workspace.sandboxes.choose import choose_sandbox

    folder = cwd.resolve()
    cage = Cage(writable=(), readable=(folder, *(path.resolve() for path in read or [])))
    wanted = load_settings(folder, {}).settings.sandbox

    async def inside() -> "CommandResult":
        sandbox = await choose_sandbox(wanted=None if wanted == "auto" else wanted)
        say(f"in {sandbox.rung}: {folder} is read-only, HOME and TMPDIR are its own, there is no network")
        return await sandbox.run(cage, CommandLine(tuple(command), folder, timeout))

    return _told(anyio.run(inside), timeout)


def _told(result: "CommandResult", timeout_s: float) -> int:
    from codecompanion.cli.failure import say

    for stream, content in ((sys.stdout, result.stdout), (sys.stderr, result.stderr)):
        _pass_on(stream, content)
    if result.exit_code is None:
        say(f"it was stopped at its limit of {timeout_s:g} s")
        return LIMIT_EXIT_CODE
    return result.exit_code if result.exit_code >= 0 else SIGNAL_BASE - result.exit_code


def _pass_on(stream: TextIO, content: bytes) -> None:
    """Write what a command wrote, byte for byte; a terminal does not get what would steer it."""
    if stream.isatty():
        stream.write(harmless(content.decode(errors="replace")))
    else:
        stream.buffer.write(content)
    stream.flush()
