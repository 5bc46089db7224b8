"""Events that were acknowledged and are gone."""

from codecompanion.domain.events.fact import Fact


class LossAccepted(Fact):
    """A person accepted that the log has lost events: its database failed over to a copy without them, or was restored.

    What is left of that time ends at the position `after`, what is known to have been lost at `up_to`; no event gets a
    position between them any more. `hashes` are those of the events that were missed, `by` is the user of the machine, and
    `paused` are the runs that wait for a person since.
    """

    after: int
    up_to: int
    hashes: tuple[str, ...]
    by: str
    paused: tuple[str, ...] = ()
