"""Who answers when a model does not: the next model of the run, for the rest of the attempt."""

from dataclasses import dataclass, field

from codecompanion.domain.errors import FailureCategory, ModelCallFailed

NOT_THE_MODELS_FAULT = frozenset({FailureCategory.INVALID_REQUEST, FailureCategory.MEMORY_LIMIT})
"""Failures that the request brings with it: another model would most likely refuse it, too."""


@dataclass(slots=True)
class Succession:
    """The models that one agent may ask, as provider:model, best first, and which of them it asks now."""

    names: tuple[str, ...]
    _place: int = field(default=0, init=False)

    @property
    def now(self) -> str:
        """The model that is asked."""
        return self.names[self._place]

    def pass_on(self, failure: ModelCallFailed) -> bool:
        """Go on to the next model; return whether there is one and it may help against the failure."""
        if failure.category in NOT_THE_MODELS_FAULT or self._place + 1 == len(self.names):
            return False
        self._place += 1
        return True

    def recall(self, name: str) -> None:
        """Go on with the model that the log says was switched to; a name that is not among them changes nothing."""
        if name in self.names:
            self._place = self.names.index(name)
