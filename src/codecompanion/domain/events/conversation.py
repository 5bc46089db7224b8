"""What was said in a chat."""

from codecompanion.domain.events.fact import Fact
from codecompanion.domain.events.trees import Snapshotted


class UserSaid(Fact):
    """A person said something in a chat: a turn begins. Turns count from 1."""

    turn: int
    text: str


class AgentSaid(Fact):
    """The agent of a chat answered a turn. `conversation_sha256` is the blob of the turn's messages, for later turns.

    `gave_up` says why it did not come to an answer, "" when it did.
    """

    turn: int
    text: str
    conversation_sha256: str
    gave_up: str = ""


class TurnStopped(Fact):
    """A turn of a chat ended before it was done: the person stopped it, or something failed. What it had changed stays."""

    turn: int
    reason: str


class TurnUndone(Fact):
    """The files of a chat were set back to how they were before a turn; `tree` is what they are now."""

    turn: int
    tree: Snapshotted


class ModelChosen(Fact):
    """A person chose who answers from here on."""

    model: str
