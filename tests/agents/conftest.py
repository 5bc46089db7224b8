from pathlib import Path

import anyio
import pytest

from bumpy_run import BumpyRun, run_it


@pytest.fixture(scope="session")
def bumpy(tmp_path_factory: pytest.TempPathFactory, venv_with_pytest: Path) -> BumpyRun:
    """A run in which much went wrong, done once."""
    return anyio.run(run_it, tmp_path_factory.mktemp("bumpy"), venv_with_pytest / "bin/python")
