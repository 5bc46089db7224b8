"""The SQL of the revisions, and what a new database needs. Nothing here needs Alembic: it takes most of a second to load."""

from functools import cache
from importlib.resources import files
from typing import Literal

Dialect = Literal["sqlite", "postgresql"]


PLAN = "codecompanion.storage.migrations.plan:plan"
"""The way from one revision to another. Loaded when it is needed: Alembic takes most of a second."""


@cache
def revisions() -> tuple[int, ...]:
    """Return the numbers of all revisions in order, from 1 on."""
    folder = files("codecompanion.storage.migrations").joinpath("sqlite")
    return tuple(sorted(int(file.name.partition(".")[0]) for file in folder.iterdir() if file.name.endswith(".up.sql")))


def newest() -> int:
    """Return the revision that this program works with."""
    return revisions()[-1]


def sql(dialect: Dialect, revision: int, direction: Literal["up", "down"]) -> str:
    """Return the statements that lead to a revision from the one before, or back."""
    folder = files("codecompanion.storage.migrations").joinpath(dialect)
    return folder.joinpath(f"{revision:04}.{direction}.sql").read_text("utf-8")


def whole(dialect: Dialect) -> str:
    """Return the statements that lay out an empty database."""
    return "\n".join(sql(dialect, revision, "up") for revision in revisions())
