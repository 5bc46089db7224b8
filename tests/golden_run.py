"""The golden run: one run of the scripted team, recorded once and replayed by every version after it.

Recorded in a folder of its own, so that no path of anybody's machine is in it. A replay asks neither that folder nor any
other: it reads the log.
"""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from codecompanion.runs.audit import export_run
from environments import environment_with_pytest
from team_runs import OBJECTIVES, team

FILE = Path(__file__).parent / "agents/golden/standard_run.tar.gz"
NEUTRAL = Path("/tmp/codecompanion-golden")
SYSTEM_PYTHON = "/usr/bin/python3"
SCRIPT, MODEL = "feature", "anthropic:claude-sonnet-5-5"


@contextmanager
def neutral_folder() -> Generator[Path]:
    """Make the folder, and remove it in the end."""
    NEUTRAL.mkdir()
    try:
        yield NEUTRAL
    finally:
        shutil.rmtree(NEUTRAL)


async def record(file: Path) -> None:
    """Let the team work on an objective and write what it did to a file, which must not exist."""
    with neutral_folder() as folder:
        python = environment_with_pytest(folder / "environment", SYSTEM_PYTHON) / "bin/python"
        async with team(folder, python, SCRIPT, MODEL) as at_work:
            result = await at_work.run(OBJECTIVES[SCRIPT])
            assert result["status"] == "verified"
            await export_run(at_work.app.store, at_work.app.blobs, result["run_id"], file)
