import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from codecompanion.agents.maintenance.desk import Desk, Wishes
from codecompanion.agents.maintenance.office import Surroundings, open_desk
from codecompanion.ports import Sandbox
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from maintenance_bench import OpenDesk, Told
from projects import write


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return anyio.run(lambda: choose_sandbox(allow_weak=True))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The user's environment, without what our own project and an activated environment bring."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
async def desk(
    tmp_path: Path, sandbox: Sandbox, venv_with_pytest: Path, environ: dict[str, str], told: Told
) -> AsyncGenerator[OpenDesk]:
    """Put a project on a desk: `desk(files, **wishes)`; `root` names another folder than a new one."""
    async with AsyncExitStack() as stack:

        async def open_one(files: Mapping[str, str] | None = None, *, root: Path | None = None, **wishes: Any) -> Desk:
            folder = root or tmp_path / "project"
            folder.mkdir(exist_ok=True)
            write(folder, files or {})

            async def opened() -> Sandbox:
                return sandbox

            around = Surroundings(tmp_path / "state", environ, opened, told.lines.append)
            asked = replace(Wishes(python=str(venv_with_pytest / "bin/python"), timeout_s=60.0), **wishes)
            return await stack.enter_async_context(open_desk(folder, asked, around))

        yield open_one
