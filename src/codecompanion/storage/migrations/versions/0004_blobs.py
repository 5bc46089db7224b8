"""When blobs were put."""

from codecompanion.storage.migrations.written import write

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Note of each blob when it was put last."""
    write(4, "up")


def downgrade() -> None:
    """Forget when blobs were put."""
    write(4, "down")
