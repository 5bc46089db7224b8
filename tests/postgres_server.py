"""A PostgreSQL for the tests: a database of our own on the server that is there, and an empty schema in it for each test.

`CODECOMPANION_TEST_POSTGRES` names a server whose user may create databases. In CI its absence is a failure, elsewhere the
tests that need it are skipped.
"""

import os
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import anyio
import asyncpg
import pytest

from codecompanion.storage.postgres_database import SCHEMA

T = TypeVar("T")

SERVER = os.environ.get("CODECOMPANION_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
START = "docker run -d -p 127.0.0.1:5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:15"


def require_postgres() -> str:
    """Return the address of the server. Skips, or in CI fails, when there is none."""
    try:
        execute(f"{SERVER}/postgres", "SELECT 1")
    except (OSError, asyncpg.PostgresError) as error:
        reason = f"no PostgreSQL at {SERVER} ({error}); start one: {START}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return SERVER


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
