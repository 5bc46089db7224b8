"""The way from one revision to another, as Alembic finds it. Loading this loads Alembic."""

from io import StringIO
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from codecompanion.storage.migrations.plain_sql import Dialect

HERE = Path(__file__).parent


def plan(dialect: Dialect, found: int, target: int) -> str:
    """Return the SQL that leads the tables of a database from one revision to another, forwards or back; 0 is before the first.

    It holds no BEGIN and no COMMIT, and does not write down the revision: whoever runs it does, in one transaction.
    """
    scripts = ScriptDirectory(str(HERE), version_locations=[str(HERE / "versions")])
    written = StringIO()
    context = MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True, "output_buffer": written})
    lower, upper = (_name(min(found, target)), _name(max(found, target)))
    steps = list(scripts.iterate_revisions(upper, lower))
    with Operations.context(context):
        if target > found:
            for step in reversed(steps):
                step.module.upgrade()
        else:
            for step in steps:
                step.module.downgrade()
    return written.getvalue()


def _name(revision: int) -> str:
    return f"{revision:04}" if revision else "base"
