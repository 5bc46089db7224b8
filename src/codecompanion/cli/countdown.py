"""Say on stderr that a model is asked again, and when."""

from codecompanion.cli.failure import say
from codecompanion.domain.errors import ModelCallFailed
from codecompanion.providers.observing import Attempt, NobodyListens


class Countdown(NobodyListens):
    """Tells the user of every wait."""

    async def waiting(self, attempt: Attempt, failure: ModelCallFailed, seconds: float) -> None:
        """Say why and how long."""
        say(f"{attempt.model}: {failure.category.replace('_', ' ')}; asked again in {seconds:.1f} s")
