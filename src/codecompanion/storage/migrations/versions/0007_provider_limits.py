"""What is asked of providers."""

from codecompanion.storage.migrations.written import write

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Let processes write down what they ask of providers, so that they keep to limits together."""
    write(7, "up")


def downgrade() -> None:
    """Let each keep to the limits by itself."""
    write(7, "down")
