import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from command_line import COMMAND, Cli, Done
from projects import SHOP, repository


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with a state folder of its own and no settings of the user."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CODECOMPANION_")},
        "CODECOMPANION_STATE_DIR": str(tmp_path / "state"),
        "CODECOMPANION_CONFIG": str(tmp_path / "no-config.toml"),
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }


@pytest.fixture
def cli(environ: dict[str, str], tmp_path: Path) -> Cli:
    """The installed command."""

    def run(*args: str | bytes, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done:
        done = subprocess.run(
            [COMMAND, *args],
            cwd=tmp_path,
            env={**environ, **(env or {})},
            input=stdin,
            capture_output=True,
            timeout=110,
            check=False,
        )
        return Done(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))

    return run


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one real bug."""
    return repository(tmp_path / "shop", SHOP)
