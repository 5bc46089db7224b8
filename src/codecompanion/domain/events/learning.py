"""Outcomes from which the router learns."""

from typing import Literal

from codecompanion.domain.events.fact import Fact
from codecompanion.domain.outcomes import Later, TaskOutcome


class OutcomeRecorded(Fact):
    """What came of an attempt at a task was taken in. `source` is "run", or "import" for one that came from a file.

    The three facts of learning stand in the stream "learning".
    """

    outcome: TaskOutcome
    source: Literal["run", "import"] = "run"


class OutcomeCorrected(Fact):
    """The history of the repository, or the user, said more of an outcome. `later` is all that is known of it now."""

    decision_id: str
    later: Later


class ArmReset(Fact):
    """What was learned of a model until now no longer counts."""

    model: str
    reason: str
