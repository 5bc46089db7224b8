"""Runs may leave the log for an archive."""

from codecompanion.storage.migrations.written import write

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let the events of an archived run go."""
    write(2, "up")


def downgrade() -> None:
    """Keep every event for ever."""
    write(2, "down")
