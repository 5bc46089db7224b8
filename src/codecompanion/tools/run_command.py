"""Let a model run a command of the shell."""

from pathlib import Path

from pydantic_ai import ModelRetry, RunContext

from codecompanion.domain.errors import LimitReached
from codecompanion.domain.project import Interpreter, ProjectProfile
from codecompanion.ports import Cage, CommandLine, CommandResult
from codecompanion.tools.desk import Desk
from codecompanion.tools.permitting import refusal
from codecompanion.tools.showing import cut_line, head_and_tail, readable

MOST_CHARACTERS = 8000
LONGEST_S = 600.0
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_NO_REPOSITORY = "not a git repository"


async def run_command(ctx: RunContext[Desk], command: str, timeout_s: float = 120) -> str:
    """Run a shell command at the root of the worktree. Returns its exit code and its output, the middle of a long one left out.

    There is no network, and git sees no repository. Some commands need the person's permission. To change files, use edit.

    Args:
        command: The command line for sh, such as "python -m pytest tests/test_app.py -q".
        timeout_s: After how many seconds it is stopped, at most 600.
    """
    if not command.strip() or timeout_s <= 0:
        raise ModelRetry("command must not be empty and timeout_s must be positive")
    desk = ctx.deps
    if refused := await refusal(desk, command):
        return desk.redact(refused)
    limit_s = min(timeout_s, LONGEST_S, time_left_s(desk, "the command was run"))
    argv = ("sh", "-c", command)
    line = CommandLine(argv=argv, cwd=desk.root, timeout_s=limit_s, env=environment(desk.root, desk.profile))
    result = await desk.sandbox.run(Cage(writable=(desk.root,), readable=_readable(desk.profile)), line)
    evidence = await desk.record_command("run_command", argv, result, None)
    return "\n".join([f"{ending(result, limit_s)} [{evidence}]", _output(desk, result)])


def time_left_s(desk: Desk, purpose: str) -> float:
    """Return the seconds that the task may still take.

    Raises:
        LimitReached: None are left.
    """
    left_s = desk.time_left_s()
    if left_s <= 0:
        raise LimitReached(f"the time limit was reached before {purpose}", fix="give the run more with --timeout")
    return left_s


def environment(root: Path, profile: ProjectProfile) -> dict[str, str]:
    """Return the whole environment of an agent's commands: the project's interpreter and sources are found first."""
    interpreter, suite = profile.interpreter, profile.suite
    folder = f"{Path(interpreter.executable).parent}:" if interpreter else ""
    roots = suite.import_roots if suite else (".",)
    return {
        "PATH": f"{folder}{_SYSTEM_PATH}",
        "PYTHONPATH": ":".join(str(root / name) for name in roots),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        "TERM": "dumb",
        **_user_site(interpreter),
    }


def _user_site(interpreter: Interpreter | None) -> dict[str, str]:
    # The home folder inside the cage is another one, so the user's own packages are named.
    found = [Path(prefix) for prefix in interpreter.prefixes if "/.local/lib/python" in prefix] if interpreter else []
    return {"PYTHONUSERBASE": str(found[0].parent.parent)} if found else {"PYTHONNOUSERSITE": "1"}


def _readable(profile: ProjectProfile) -> tuple[Path, ...]:
    return tuple(map(Path, profile.interpreter.prefixes)) if profile.interpreter else ()


def ending(result: CommandResult, limit_s: float) -> str:
    """Return how a command ended, for the model."""
    match result.exit_code:
        case None:
            return f"Stopped at its limit of {limit_s:.0f} s"
        case code if code < 0:
            return f"Ended by signal {-code} after {result.duration_s:.1f} s"
        case code:
            return f"Exit code {code} after {result.duration_s:.1f} s"


def _output(desk: Desk, result: CommandResult) -> str:
    streams = [("", result.stdout), ("[stderr]\n", result.stderr)]
    texts = [f"{name}{readable(stream.decode(errors='replace'))}" for name, stream in streams if stream.strip()]
    # Redacted before it is cut: half a secret has no known shape.
    whole = desk.redact("\n".join(cut_line(line) for text in texts for line in text.rstrip("\n").split("\n")))
    hint = "\n[git's own data is not in the sandbox: git commands cannot be run here]" if _NO_REPOSITORY in whole else ""
    return (head_and_tail(whole, MOST_CHARACTERS) or "[no output]") + hint
