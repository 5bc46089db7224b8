"""A run that another version recorded is replayed from its log alone, and what has changed since is found out.

`pytest tests/agents/test_golden_run.py --update-golden` records it anew, when the present one does not replay any more.
"""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import codecompanion
from codecompanion.domain.errors import BadInput
from codecompanion.execution.replay import ReplayDiverged
from codecompanion.runs.importing import import_run
from codecompanion.runs.rewind import Replayed, replay_offline
from codecompanion.settings import Settings
from codecompanion.storage.memory import MemoryBlobStore, MemoryEventStore
from codecompanion.wiring import open_app
from golden_run import FILE, NEUTRAL, record
from team_runs import OBJECTIVES

pytestmark = pytest.mark.anyio

REPLAY = """
import sys
import anyio
from pathlib import Path
from codecompanion.runs.rewind import replay_offline
from codecompanion.settings import Settings
from codecompanion.wiring import open_app

async def main(state, run_id):
    async with open_app(Settings(state_dir=Path(state)), {}) as app:
        await replay_offline(app, run_id)

anyio.run(main, *sys.argv[1:])
"""


async def imported(state: Path) -> str:
    async with open_app(Settings(state_dir=state), {}) as app:
        return (await import_run(app.store, app.blobs, FILE)).run_id


async def replayed(state: Path) -> Replayed:
    run_id = await imported(state)
    async with open_app(Settings(state_dir=state), {}) as app:
        return await replay_offline(app, run_id)


@pytest.fixture(autouse=True)
async def golden_run(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Record the golden run anew if that is wished and needed."""
    if request.config.getoption("--update-golden"):
        try:
            await replayed(tmp_path / "before")
        except (BadInput, ReplayDiverged):
            FILE.unlink(missing_ok=True)
            await record(FILE)


async def test_the_golden_run_is_replayed_without_key_repository_or_network(tmp_path: Path) -> None:
    assert not NEUTRAL.exists(), "where it was recorded is not asked"
    replay = await replayed(tmp_path / "state")
    assert "+    def below(self, level: int) -> list[str]:" in replay.diff
    assert replay.events > 80


async def test_the_golden_run_has_what_can_go_wrong_and_no_path_of_a_machine() -> None:
    store, blobs = MemoryEventStore(), MemoryBlobStore()
    run_id = (await import_run(store, blobs, FILE)).run_id
    events = await store.read(run_id)
    kinds = Counter(event.type for event in events)
    assert (kinds["ModelCallFailed"], kinds["ReviewCompleted"], kinds["RunCompleted"]) == (1, 2, 1)
    assert events[0].data["objective"] == OBJECTIVES["feature"]
    assert events[0].data["repo"] == str(NEUTRAL / "stockroom")
    assert not [event for event in events if "/home/" in str(event.data) or "/root/" in str(event.data)]


async def test_a_changed_prompt_is_found_out_and_the_unit_is_named(tmp_path: Path) -> None:
    run_id = await imported(tmp_path / "state")
    package = tmp_path / "changed/codecompanion"
    shutil.copytree(Path(codecompanion.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))

    def replay() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", REPLAY, str(tmp_path / "state"), run_id]
        env = {"PYTHONPATH": str(package.parent)}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert replay().returncode == 0
    with (package / "agents/prompts/reviewer.md").open("a", encoding="utf-8") as prompt:
        prompt.write("\nBe kind.\n")
    said = replay().stderr
    assert "ReplayDiverged: the record of 'agent:review:1:reviewer:2' does not fit" in said
    assert "the request to anthropic:claude-sonnet-5-5 is not the recorded one" in said
