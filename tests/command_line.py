"""How tests call the installed command."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fork_server import can_fork, forked
from fork_server import run as fork

COMMAND = Path(sys.executable).with_name("codecompanion")
LIMIT_S = 110.0


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        return json.loads(self.stdout)


class Cli(Protocol):
    """Runs the installed command; `stdin` is what it reads, nothing by default; `env` is laid over the environment."""

    def __call__(self, *args: str | bytes, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done: ...


class Golden(Protocol):
    """Compares a text with a committed file, or rewrites the file under --update-golden."""

    def __call__(self, path: Path, text: str) -> None: ...


@dataclass(frozen=True)
class Solved:
    """A run that was carried out once and that many tests look at; each leaves it as it found it."""

    result: dict[str, Any]
    cli: Cli
    shop: Path
    state: Path

    @property
    def run_id(self) -> str:
        return self.result["run_id"]


def environment(folder: Path, python: Path) -> dict[str, str]:
    """Return an environment with a state folder of its own, no settings of the user, and a Python for the projects."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CODECOMPANION_")},
        "CODECOMPANION_STATE_DIR": str(folder / "state"),
        "CODECOMPANION_CONFIG": str(folder / "no-config.toml"),
        "CODECOMPANION_PYTHON": str(python),
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }


def installed(environ: Mapping[str, str]) -> list[str]:
    """Return the argv that the installed command's arguments follow; where that shows no difference, a fork of its imports."""
    return forked(COMMAND.name, environ) or [str(COMMAND)]


def command_line(environ: Mapping[str, str], cwd: Path) -> Cli:
    """Return the installed command in an environment and a folder."""

    def run(*args: str | bytes, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done:
        whole = {**environ, **(env or {})}
        if can_fork(whole):
            code, out, err = fork([COMMAND.name, *args], whole, cwd, stdin, LIMIT_S)
            return Done(code, os.fsdecode(out), os.fsdecode(err))
        done = subprocess.run(
            [COMMAND, *args], cwd=cwd, env=whole, input=stdin, capture_output=True, timeout=LIMIT_S, check=False
        )
        return Done(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))

    return run
