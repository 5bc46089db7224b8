from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest

from api_server import ENDED, ApiServer, api_server, begin, wait_for
from command_line import Cli, command_line, environment
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
def served(tmp_path_factory: pytest.TempPathFactory, venv_with_pytest: Path) -> Generator[ApiServer]:
    """A server of a repository with one real bug, without tokens."""
    folder = tmp_path_factory.mktemp("served")
    with api_server(
        environment(folder, venv_with_pytest / "bin/python"), repository(folder / "shop", SHOP), "--rate", "0"
    ) as server:
        yield server


@pytest.fixture(scope="module")
def client(served: ApiServer) -> Generator[httpx2.Client]:
    with served.client() as client:
        yield client


@pytest.fixture(scope="module")
def run_id(client: httpx2.Client) -> str:
    """A run that has repaired the repository."""
    run_id = begin(client)
    assert wait_for(client, run_id, *ENDED)["status"] == "verified"
    return run_id
