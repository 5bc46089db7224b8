import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import anyio
import pytest

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import Cage, CommandLine, CommandResult, Sandbox
from codecompanion.workspace.sandboxes.choose import RUNGS, prove

# Runs one attack after the other, each in a process of its own so that it leaves the next one nothing.
ATTACKS = """
import json, os, socket, sys

def succeeds(attack):
    pid = os.fork()
    if pid == 0:
        try:
            exec(attack)
        except OSError:
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        os._exit(1)
    return os.waitpid(pid, 0)[1] != 0

print(json.dumps([attack for attack in json.loads(sys.argv.pop()) if succeeds(attack)]))
"""
STRONG = ("bubblewrap", "landlock")


@dataclass(frozen=True)
class Place:
    """A sandbox, a folder that may be changed, one that may be read, and one with a secret that is nobody's business."""

    sandbox: Sandbox
    inside: Path
    library: Path
    outside: Path

    PYTHON: ClassVar = (sys.executable, "-I", "-S", "-c")

    @property
    def cage(self) -> Cage:
        prefixes = {Path(sys.prefix), Path(sys.base_prefix)}
        return Cage(writable=(self.inside,), readable=(self.library, *prefixes), processes=64)

    def command(self, *argv: str, timeout_s: float = 30, env: Mapping[str, str] | None = None) -> CommandLine:
        return CommandLine(argv, self.inside, timeout_s, env or {})

    async def sh(self, script: str, *, timeout_s: float = 30, output_bytes: int = 1024**2, **cage: int) -> CommandResult:
        command = replace(self.command("/bin/sh", "-c", script, timeout_s=timeout_s), output_bytes=output_bytes)
        return await self.sandbox.run(replace(self.cage, **cage), command)

    async def python(self, code: str, *arguments: object, timeout_s: float = 30, **cage: int) -> CommandResult:
        command = self.command(*self.PYTHON, code, *map(str, arguments), timeout_s=timeout_s)
        return await self.sandbox.run(replace(self.cage, **cage), command)

    async def succeeding(self, attacks: Sequence[str], *arguments: object) -> list[str]:
        """Return the attacks, pieces of Python, that no OSError stops; each sees the arguments from `sys.argv[1]` on."""
        result = await self.python(ATTACKS, *arguments, json.dumps(attacks))
        assert (result.exit_code, result.stderr) == (0, b"")
        return json.loads(result.stdout)


def _whether_it_holds(name: str) -> str:
    try:
        anyio.run(prove, name).held()
    except SandboxLost as lost:
        return f"{lost.what} {lost.cause}"
    return ""


@pytest.fixture(scope="session")
def obstacles() -> dict[str, str]:
    """Why a rung cannot be had on this machine; "" when it can."""
    return {name: _whether_it_holds(name) for name in RUNGS}


def _sandbox(name: str, obstacles: dict[str, str]) -> Sandbox:
    if reason := obstacles[name]:
        missing = f"no {name} here: {reason}; apt-get install bubblewrap, or Linux 6.12 for Landlock"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return RUNGS[name]()


def _place(sandbox: Sandbox, folder: Path) -> Place:
    inside, library, outside = (folder / name for name in ("inside", "library", "outside"))
    for made in (inside, library, outside):
        made.mkdir()
    (library / "book").write_text("wisdom")
    (outside / "secret").write_text("secret")
    # Open to everyone, so that nothing but the sandbox keeps anyone out.
    outside.chmod(0o777)
    (outside / "secret").chmod(0o666)
    return Place(sandbox, inside, library, outside)


@pytest.fixture(params=list(RUNGS))
def place(request: pytest.FixtureRequest, obstacles: dict[str, str], tmp_path: Path) -> Place:
    """Every rung in turn."""
    return _place(_sandbox(request.param, obstacles), tmp_path)


@pytest.fixture(params=STRONG)
def strong_place(request: pytest.FixtureRequest, obstacles: dict[str, str], tmp_path: Path) -> Place:
    """Every rung that closes files and network."""
    return _place(_sandbox(request.param, obstacles), tmp_path)


@pytest.fixture
def weak_place(obstacles: dict[str, str], tmp_path: Path) -> Place:
    return _place(_sandbox("rlimits", obstacles), tmp_path)


@pytest.fixture
def bubblewrap_place(obstacles: dict[str, str], tmp_path: Path) -> Place:
    return _place(_sandbox("bubblewrap", obstacles), tmp_path)


@pytest.fixture
def landlock_place(obstacles: dict[str, str], tmp_path: Path) -> Place:
    return _place(_sandbox("landlock", obstacles), tmp_path)
