from pathlib import Path

import pytest

from codecompanion.ports import Sandbox
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from mcp_bench import Bench, name_servers

_CHOSEN: list[Sandbox] = []


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    """A repository with the programs of the servers in it, and the strongest sandbox."""
    if not _CHOSEN:
        _CHOSEN.append(await choose_sandbox())
    repo = tmp_path / "repo"
    repo.mkdir()
    name_servers(repo, {})
    return Bench(repo, tmp_path / "state", _CHOSEN[0])
