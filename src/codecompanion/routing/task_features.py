"""What is known of a task before a model is asked, and its place in a vector of fixed length."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SLOTS: Mapping[str, int] = {"task_type": 10, "language": 5, "complexity": 4, "role": 4}
"""How many places the values of each property have. The first value of each is the usual one: what differs from it gets a place
each, in the order in which it comes, later ones share by their hash."""
UNSAID = frozenset({"", "unknown", "none"})
NUMBERS = ("prompt_tokens", "files", "has_traceback", "after_refusal")
WIDTH = 1 + sum(SLOTS.values()) + len(NUMBERS)
AFTER_REFUSAL = WIDTH - 1
"""The place of the chances that refused answers to this task had, together: the likelier they were right, the harder it is."""
USUAL_TOKENS = 400
"""The centre of the scale for the length of a prompt."""
LOG_SPREAD = 3.0
USUAL_CHANCE = 0.5
"""The chance of each refused answer when it is not known whose they were."""
MOST = 2.0


@dataclass(frozen=True, slots=True)
class TaskFeatures:
    """A task as a router sees it. What is not known is "", None or 0.

    Args:
        role: Who works on it.
        task_type: What kind of work it is.
        language: The language of the code.
        complexity: How hard it is believed to be, in anybody's words.
        prompt_tokens: How long the prompt is.
        files: How many files it is about.
        has_traceback: Whether a traceback is at hand.
        attempt: From 1; above 1 an earlier answer was refused.
        refused: The models whose answers were refused, the first one first; () when that is not known.
    """

    role: str = ""
    task_type: str = ""
    language: str = ""
    complexity: str = ""
    prompt_tokens: float | None = None
    files: int = 0
    has_traceback: bool = False
    attempt: int = 1
    refused: tuple[str, ...] = ()

    def after_refusal(self, model: str = "") -> "TaskFeatures":
        """Return the task when one more answer to it was refused, and whose; "" when that is not known."""
        return replace(self, attempt=self.attempt + 1, refused=(*self.refused, model))


@dataclass(slots=True)
class FeatureEncoder:
    """Gives each task its places: sparse, as {place: value}. The order in which values were first seen is its only state.

    The first value of a property has no place: what all tasks have in common tells nothing, and a weight for it would only make
    the level look less certain than it is.
    """

    seen: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in SLOTS})

    def encode(self, task: TaskFeatures) -> dict[int, float]:
        """Return the places that are not zero; place 0 is always 1, the refused answers' chances are for others to say."""
        places, first = {0: 1.0}, 1
        for name, size in SLOTS.items():
            value = str(getattr(task, name))
            if value not in UNSAID and not self._is_usual(name, value, size):
                slot = self.seen[name].get(value)
                places[first + (zlib.crc32(value.encode()) % size if slot is None else slot)] = 1.0
            first += size
        if task.prompt_tokens is not None:
            places[first] = _bounded(math.log((max(task.prompt_tokens, 0.0) + 1) / USUAL_TOKENS) / LOG_SPREAD)
        if task.files:
            places[first + 1] = _bounded(math.log(task.files) / LOG_SPREAD)
        if task.has_traceback:
            places[first + 2] = 1.0
        if task.attempt > 1:
            places[AFTER_REFUSAL] = _bounded(USUAL_CHANCE * (task.attempt - 1))
        return places

    def name_of(self, place: int) -> str:
        """Return what a place stands for, for people: "role reviewer", say, or "" for the level."""
        first = 1
        for name, size in SLOTS.items():
            if first <= place < first + size:
                said = [value for value, slot in self.seen[name].items() if slot == place - first]
                return f"{name} {said[0]}" if said else name
            first += size
        return NUMBERS[place - first] if place else ""

    def _is_usual(self, name: str, value: str, size: int) -> bool:
        """Return whether it is the first value that this property had; notes what was not seen before."""
        seen = self.seen[name]
        if len(seen) < size:
            seen.setdefault(value, len(seen))
        return seen.get(value) == 0


def _bounded(value: float) -> float:
    return max(-MOST, min(MOST, value))
