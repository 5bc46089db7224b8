"""Workers on any machine."""

from codecompanion.storage.migrations.written import write

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the place where workers say that they are there."""
    write(3, "up")


def downgrade() -> None:
    """Forget the workers."""
    write(3, "down")
