"""Sentences for the user, from what was opened before anybody listened."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Notes:
    """Hands sentences for the user to whoever listens now; before anybody does, they are lost."""

    hear: Callable[[str], None] = field(default=lambda _sentence: None)

    def take(self, sentence: str) -> None:
        """Hand on a sentence."""
        self.hear(sentence)
