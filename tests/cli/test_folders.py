"""Which folder a command works on, and which it writes to."""

from pathlib import Path

import pytest

from command_line import Cli
from projects import SHOP, repository, write


@pytest.fixture
def set_shop(tmp_path: Path) -> Path:
    """A repository whose own files say how its tests run and for how long."""
    shop = repository(tmp_path / "set", {**SHOP, "pyproject.toml": "[tool.codecompanion]\ntimeout_s = 77\n"})
    write(shop, {".codecompanion/config.toml": "test_command = 'pytest -k basket'\n"})
    return shop


@pytest.mark.parametrize("below", [".", "tests", "tests/deep/er"])
def test_a_projects_settings_hold_in_every_folder_of_it(cli: Cli, set_shop: Path, below: str) -> None:
    (set_shop / "tests/deep/er").mkdir(parents=True)
    shown = cli("config", "show", "-C", str(set_shop / below), "--json").json
    assert (shown["settings"]["timeout_s"], shown["settings"]["test_command"]) == (77, "pytest -k basket")
    planned = cli("run", "fix the failing tests", "-C", str(set_shop / below), "--dry-run", "--json")
    assert planned.exit_code == 0, planned.stderr
    assert "basket" in str(planned.json["profile"])


@pytest.mark.parametrize("below", [".", "tests"])
def test_a_project_that_loosens_safety_is_refused_in_every_folder_of_it(cli: Cli, set_shop: Path, below: str) -> None:
    write(set_shop, {".codecompanion/config.toml": "sandbox = 'landlock'\n"})
    done = cli("run", "fix the failing tests", "-C", str(set_shop / below), "--json")
    assert done.exit_code == 2
    assert "'sandbox', which a project must not decide" in done.json["error"]["what"]


@pytest.mark.parametrize("option", ["--test-command", "--python", "--model"])
def test_an_option_that_is_no_text_is_refused(cli: Cli, shop: Path, option: str) -> None:
    done = cli("run", "fix the failing tests", "-C", str(shop), option, b"pytest \xff", "--json")
    assert done.exit_code == done.json["exit_code"] == 2
    assert done.json["error"]["what"].startswith("flag: ")
