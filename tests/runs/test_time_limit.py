"""A person who carries prompts has a day, unless a limit was set; nobody waits so long for a machine."""

from pathlib import Path
from typing import Any

import pytest

from codecompanion.runs.starting import Ask, repository_for, request_for
from codecompanion.settings import Sourced
from codecompanion.wiring import open_app
from projects import SHOP, repository

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("settings", "limit_s"),
    [
        ({"model": "copy-paste"}, 86_400),
        ({"model": "copy-paste", "timeout_s": 90}, 90),
        ({"model": "builtin"}, 600),
    ],
    ids=["a person", "a person with a limit", "a machine"],
)
async def test_how_long_a_run_may_take(tmp_path: Path, settings: dict[str, Any], limit_s: float) -> None:
    repo = repository(tmp_path / "shop", SHOP)
    chosen = Sourced.load({}, flags={"state_dir": str(tmp_path / "state"), **settings}).settings
    async with open_app(chosen, {}) as app:
        request = await request_for(app, Ask("fix the failing tests"), await repository_for(app, repo))
    assert request.timeout_s == limit_s
