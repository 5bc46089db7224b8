"""What every log of a run that was left to workers must show, whatever befell them."""

from functools import reduce

from codecompanion.domain.envelope import Event, verify_chain
from codecompanion.domain.events import decode
from codecompanion.domain.promises import broken_promises
from codecompanion.domain.state import Ended
from codecompanion.domain.workflow import INITIAL, evolve


def ended(events: list[Event]) -> Ended:
    """Return the state of a run that is over."""
    state = reduce(evolve, map(decode, events), INITIAL)
    assert isinstance(state, Ended)
    return state


def is_sound(run_id: str, events: list[Event]) -> None:
    """Check that a run is verified, and that its log keeps every promise."""
    assert verify_chain(run_id, events) == len(events)
    assert broken_promises(events) == []
    assert ended(events).outcome == "verified"
