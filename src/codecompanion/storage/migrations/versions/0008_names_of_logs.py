"""What a log is called."""

from codecompanion.storage.migrations.written import write

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Give the log of a PostgreSQL a name, which its copies bear, too."""
    write(8, "up")


def downgrade() -> None:
    """Take the name away."""
    write(8, "down")
