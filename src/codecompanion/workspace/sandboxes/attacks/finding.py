"""What came of an attack."""

from dataclasses import dataclass
from typing import Literal

from codecompanion.workspace.sandboxes.attacks.table import ACCEPTED, Attack

Outcome = Literal["held", "escaped", "untried"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one attack, and how. "untried" is one that has nothing to aim at on this machine."""

    attack: Attack
    outcome: Outcome
    detail: str = ""

    def breaks(self, rung: str) -> bool:
        """Whether a rung that claims to hold does not."""
        return self.outcome == "escaped" and self.attack.number not in ACCEPTED.get(rung, {})
