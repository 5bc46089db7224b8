"""What a revision does: it hands its plain SQL on as it is, colons and percent signs included."""

from typing import Literal, cast

from alembic import op

from codecompanion.storage.migrations.plain_sql import Dialect, sql


def write(revision: int, direction: Literal["up", "down"]) -> None:
    """Add the statements of a revision, in the dialect of the database at hand, to what is to be run."""
    context = op.get_context()
    context.impl.static_output(sql(cast("Dialect", context.dialect.name), revision, direction))
