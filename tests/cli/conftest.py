from pathlib import Path

import pytest

from command_line import Cli, Solved, command_line, environment
from projects import SHOP, repository


@pytest.fixture
def environ(tmp_path: Path, venv_with_pytest: Path) -> dict[str, str]:
    return environment(tmp_path, venv_with_pytest / "bin/python")


@pytest.fixture
def cli(environ: dict[str, str], tmp_path: Path) -> Cli:
    return command_line(environ, tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one real bug."""
    return repository(tmp_path / "shop", SHOP)


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory, venv_with_pytest: Path) -> Solved:
    """The main job, done."""
    folder = tmp_path_factory.mktemp("solved")
    shop = repository(folder / "shop", SHOP)
    cli = command_line(environment(folder, venv_with_pytest / "bin/python"), folder)
    done = cli("run", "fix the failing tests", "-C", str(shop), "--json", "--timeout", "60", "--max-budget-usd", "2.50")
    assert done.exit_code == 0, done.stderr
    return Solved(done.json, cli, shop, folder / "state")
