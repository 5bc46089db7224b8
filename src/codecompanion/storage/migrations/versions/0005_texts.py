"""How appends are handed to PostgreSQL."""

from codecompanion.storage.migrations.written import write

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Let one text hold all that is appended."""
    write(5, "up")


def downgrade() -> None:
    """Let an array hold each of its columns again."""
    write(5, "down")
