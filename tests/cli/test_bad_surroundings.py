"""Bad calls and odd surroundings of the command line: a refusal that says what is wrong, or the same work as ever.

The ids are those of docs/INPUTS.md.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from codecompanion.clock import FixedClock
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.runs.starting import Ask, start
from codecompanion.settings import Settings
from codecompanion.wiring import open_app
from command_line import COMMAND, Cli, Done, command_line
from projects import git, repository

FIX = "fix the failing tests"
LONG = "x" * 256
BINARY = b"\x89PNG\r\n\x1a\n\0\xff\xfe"


@dataclass(frozen=True)
class Refused:
    """A call and the words and the exit code of its refusal."""

    args: tuple[str, ...]
    words: str
    exit_code: int = 2
    stdin: bytes = b""
    env: Mapping[str, str] = field(default_factory=dict[str, str])


REFUSALS: dict[str, Refused] = {
    "C111-unknown-flag": Refused(("run", FIX, "--no-such-flag"), "No such option"),
    "C111-unknown-verb": Refused(("rum", FIX), "No such command"),
    "C111-unknown-value": Refused(("run", FIX, "--team", "orchestra"), "'solo', 'standard' or 'full'"),
    "C112-no-objective": Refused(("run",), "no objective was given"),
    "C112-flag-without-value": Refused(("run", FIX, "--model"), "requires an argument"),
    "C112-no-id": Refused(("show",), "there is no run yet"),
    "C113-argument-and-file": Refused(("run", FIX, "--file", "objective.txt"), "both an objective and a file"),
    "C113-stdin-and-file": Refused(("run", "-", "--file", "objective.txt"), "both an objective and a file", stdin=b"fix it"),
    "C114-empty-objective": Refused(("run", "-"), "the objective is empty"),
    "C114-empty-response": Refused(("patch", "apply"), "holds no edit", exit_code=1),
    "C115-binary-objective": Refused(("run", "-"), "the objective", stdin=BINARY),
    "C115-binary-response": Refused(("patch", "apply"), "is no UTF-8 text", stdin=BINARY),
    "C115-binary-outcomes": Refused(("learn", "import", "-"), "cannot be read", stdin=BINARY),
    "C125-no-repository": Refused(("run", FIX, "-C", "plain"), "not in a git repository"),
    "C126-bare-repository": Refused(("run", FIX, "-C", "bare"), "bare"),
    "C128-long-run": Refused(("show", LONG), "there is no run"),
    "C128-long-folder": Refused(("run", FIX, "-C", LONG), LONG),
    "C128-long-file": Refused(("run", "--file", LONG), "cannot be read"),
    "C128-long-model": Refused(("run", FIX, "--model", LONG), "names no model"),
    "C128-long-archive": Refused(("audit", "import", LONG), "cannot be read"),
    "C128-long-name-of-a-token": Refused(("auth", "token", "create", LONG), "1 to 100"),
    "C128-long-agent": Refused(("agents", "run", LONG), "there is no agent"),
    "C128-long-settings-file": Refused(("list",), "cannot be read", env={"CODECOMPANION_CONFIG": f"/tmp/{LONG}"}),
    "C128-long-state-folder": Refused(
        ("run", FIX), "cannot be made", exit_code=6, env={"CODECOMPANION_STATE_DIR": f"/tmp/{LONG}"}
    ),
    "C123-home-that-cannot-be-written": Refused(
        ("list",),
        "cannot be made",
        exit_code=6,
        env={"CODECOMPANION_STATE_DIR": "", "HOME": "/proc/nobody", "XDG_DATA_HOME": ""},
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_call_that_cannot_be_obeyed_is_refused_and_nothing_is_begun(cli: Cli, tmp_path: Path, name: str) -> None:
    bad = REFUSALS[name]
    (tmp_path / "plain").mkdir()
    git(tmp_path / "plain", "init", "--quiet", "--bare", "../bare")
    (tmp_path / "objective.txt").write_text(FIX)
    before = sorted(tmp_path.rglob("*"))
    done = cli(*bad.args, stdin=bad.stdin, env={"GIT_CEILING_DIRECTORIES": str(tmp_path), **bad.env})
    assert (done.exit_code, done.stdout) == (bad.exit_code, ""), done.stderr
    assert done.stderr.startswith("error[CC-")
    assert bad.words in done.stderr
    assert "a fault of CodeCompanion" not in done.stderr
    assert [path for path in sorted(tmp_path.rglob("*")) if not path.is_relative_to(tmp_path / "state")] == before
    assert not [*tmp_path.glob("state/worktrees/*")]


def by_shell(script: str, env: Mapping[str, str], cwd: Path) -> Done:
    """Run a line of a shell in which "$@" is the command: the installed one, for a fork of it would need all streams."""
    line = ["sh", "-c", script, "sh", str(COMMAND)]
    done = subprocess.run(line, env=env, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


CLOSED = {
    "C116-stdin": ('"$@" run - <&-', 2, "the objective is empty"),
    "C117-stdout": ('"$@" list --json >&-', 6, "the answer cannot be written to stdout"),
    "C117-all-three": ('"$@" list --json <&- >&- 2>&-', 6, ""),
    "C124-folder-is-gone": ('mkdir gone && cd gone && rmdir ../gone && "$@" run "fix it"', 2, "does not exist any more"),
}


@pytest.mark.parametrize("name", CLOSED)
def test_what_is_closed_or_gone_is_said(environ: dict[str, str], tmp_path: Path, name: str) -> None:
    script, exit_code, words = CLOSED[name]
    done = by_shell(script, env=environ, cwd=tmp_path)
    assert done.exit_code == exit_code, done.stderr
    assert words in done.stderr
    assert done.stderr.count("error[CC-") == (1 if words else 0)
    for sign_of_a_bug in ("Traceback", "a fault of CodeCompanion", "Exception ignored", "BrokenPipe"):
        assert sign_of_a_bug not in done.stderr


ODD: dict[str, dict[str, str | None]] = {
    "C118-no-terminal": {"TERM": "xterm-256color", "NO_COLOR": None},
    "C119-columns-0": {"COLUMNS": "0"},
    "C119-columns-1": {"COLUMNS": "1"},
    "C119-columns-negative": {"COLUMNS": "-7"},
    "C119-columns-no-number": {"COLUMNS": "wide"},
    "C120-no-term": {"TERM": None},
    "C120-unknown-term": {"TERM": "no-such-terminal"},
    "C121-locale-c": {"LANG": "C", "LC_ALL": "C"},
    "C121-locale-that-there-is-not": {"LC_ALL": "xx_YY.ISO-8859-1"},
    "C121-ascii": {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"},
    "C122-no-home": {"HOME": None, "XDG_CONFIG_HOME": None},
}


@pytest.fixture(scope="module")
def seventies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose state has one run, begun when the machine's clock stood at the beginning of 1970."""
    folder = tmp_path_factory.mktemp("seventies")
    shop = repository(folder / "shop")

    async def begin() -> None:
        clock = FixedClock(datetime.fromtimestamp(0, UTC))
        async with open_app(Settings(state_dir=folder / "state"), {}) as app:
            orchestrator = EventSourcedOrchestrator(app.store, clock, app.nearby, redact=app.redactor.data)
            then = replace(app, clock=clock, orchestrator=orchestrator)
            await start(then, Ask("fix the failing tests of caf\u00e9 \U0001f47b"), await app.workspace.inspect(shop))

    anyio.run(begin)
    return folder


@pytest.mark.parametrize("name", ODD)
def test_odd_surroundings_change_no_answer(environ: dict[str, str], seventies: Path, name: str) -> None:
    odd = {**environ, "CODECOMPANION_STATE_DIR": str(seventies / "state"), **ODD[name]}
    done = command_line({name: value for name, value in odd.items() if value is not None}, seventies)("list")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("19700101-000000-")
    assert "fix the failing tests of caf" in done.stdout
    assert "\x1b" not in done.stdout


def test_c131_a_run_of_1970_is_shown_priced_and_verified_as_any_other(environ: dict[str, str], seventies: Path) -> None:
    cli = command_line({**environ, "CODECOMPANION_STATE_DIR": str(seventies / "state")}, seventies)
    (run,) = cli("list", "--json").json["runs"]
    assert run["started_at"].startswith("1970-01-01")
    for call in (
        ("audit", "verify", "last"),
        ("cost", "last"),
        ("replay", "last"),
        ("budget", "show"),
        ("cancel", run["run_id"]),
    ):
        done = cli(*call)
        assert done.exit_code == 0, (call, done.stderr)
    assert cli("show", "last", "--json").json["status"] == "cancelled"
