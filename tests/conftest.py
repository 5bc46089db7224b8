import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

import fork_server
from command_line import Golden
from environments import environment_with_pytest
from postgres_server import PrivatePostgres, database, empty, postgres_with_pgvector

THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def refuse_other_machines(event: str, args: tuple[Any, ...]) -> None:
    """Keep every test on this machine: a connection to any other is an error."""
    if event == "socket.connect" and not isinstance(args[1], str | bytes) and args[1][0] not in THIS_MACHINE:
        raise RuntimeError(f"a test reaches for the network: {args[1]}")


sys.addaudithook(refuse_other_machines)

# Speed is no matter of tests: a loaded machine is no fault. In CI that is hypothesis' own profile.
settings.register_profile("unhurried", deadline=None)
if "CI" not in os.environ:
    settings.load_profile("unhurried")

# For `make mutate`, to which it is enough that a test fails: to find the smallest example of why takes up to a minute, and
# what a hundred examples notice, nearly always a few do.
settings.register_profile(
    "mutation",
    settings.get_profile("ci"),
    max_examples=25,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)


def pytest_xdist_auto_num_workers() -> int:
    """Two more processes than cores: at any time some tests wait for a lease, a limit of time or a child."""
    return len(os.sched_getaffinity(0)) + 2


def pytest_xdist_setupnodes() -> None:
    """Let the workers share one server of forks: to import everything takes each as long as to collect the tests."""
    os.environ[fork_server.PLACE] = fork_server.server()


def pytest_collection_finish() -> None:
    """Leave what 9,000 tests are made of out of every collection of garbage: it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files; review reads the diff")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def venv_with_pytest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pytest and nothing else, compiled: the cage could not keep what it compiles."""
    return environment_with_pytest(tmp_path_factory.mktemp("python") / "with-pytest")


@pytest.fixture(scope="session")
def postgres_database() -> Generator[str]:
    with database() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_database: str) -> Generator[str]:
    """A database of PostgreSQL that holds nothing of ours yet."""
    empty(postgres_database)
    yield postgres_database
    empty(postgres_database)


@pytest.fixture(scope="session")
def pgvector() -> Generator[PrivatePostgres]:
    """A PostgreSQL that has pgvector, for all the tests of this process: each makes a database of its own."""
    with postgres_with_pgvector() as server:
        yield server


@pytest.fixture
def pgvector_url(pgvector: PrivatePostgres) -> Generator[str]:
    """A database of its own on that server, whose extension nobody has made yet."""
    with pgvector.database() as url:
        yield url


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: run pytest --update-golden and read the diff"
        assert text == path.read_text(encoding="utf-8")

    return compare
