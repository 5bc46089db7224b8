"""How the user hears of a run."""

from dataclasses import dataclass

from codecompanion.cli.options import OutputFormat


@dataclass(frozen=True, slots=True)
class Telling:
    """How the user hears of a run. A `dry_run` shows what would be done and does nothing; `detach` leaves it to the workers."""

    wanted: OutputFormat
    quiet: bool = False
    dry_run: bool = False
    detach: bool = False
