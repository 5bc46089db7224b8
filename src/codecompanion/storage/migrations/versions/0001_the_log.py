"""The log, as it was first."""

from codecompanion.storage.migrations.written import write

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Lay out the tables."""
    write(1, "up")


def downgrade() -> None:
    """Remove them, with all that is in them."""
    write(1, "down")
