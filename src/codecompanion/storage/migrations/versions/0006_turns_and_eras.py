"""What changes where a run is, and the eras of the answers of models."""

from codecompanion.storage.migrations.written import write

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Let the turns of runs be found among their events, and note when all answers were forgotten."""
    write(6, "up")


def downgrade() -> None:
    """Forget where the turns are, and when that was."""
    write(6, "down")
