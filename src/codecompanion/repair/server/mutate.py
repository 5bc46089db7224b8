"""Inputs like the recorded ones: same types, signs, alphabets and emptiness, other values."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random


class Mutator:
    """Changes arguments within what was seen at the same place."""

    def __init__(self, calls: list[list[Any]], chance: random.Random) -> None:
        self._chance = chance
        self._seen: dict[str, list[Any]] = {}
        for call in calls:
            for position, value in enumerate(call):
                self._note(str(position), value)

    def mutate(self, arguments: list[Any]) -> list[Any]:
        """Return changed arguments; each is changed with a chance of 0.7."""
        return [self._change(str(i), value) if self._chance.random() < 0.7 else value for i, value in enumerate(arguments)]  # noqa: PLR2004

    def _note(self, place: str, value: Any) -> None:
        self._seen.setdefault(place, []).append(value)
        if isinstance(value, (list, tuple, set, frozenset)):
            for part in value:
                self._note(place + "*", part)

    def _change(self, place: str, value: Any) -> Any:
        if isinstance(value, bool) or value is None:
            return self._chance.choice(self._seen[place])
        if isinstance(value, int):
            return self._number(place, value, [-1, 1, self._chance.randint(-3, 3)])
        if isinstance(value, float):
            return self._number(place, value, [-1.0, 1.0, 0.5, -0.25])
        if isinstance(value, str):
            return self._string(place, value)
        if isinstance(value, (list, tuple)):
            return self._sequence(place, value)
        return value

    def _number(self, place: str, value: Any, steps: list[Any]) -> Any:
        numbers = [seen for seen in self._seen[place] if isinstance(seen, (int, float))]
        low, high = min(numbers), max(numbers)
        changed = self._chance.choice([value + self._chance.choice(steps), self._chance.choice(numbers)])
        if isinstance(value, int) and low < high and self._chance.random() < 0.3:  # noqa: PLR2004
            changed = self._chance.randint(int(low), int(high))
        if low >= 1:
            return max(changed, type(changed)(1))
        return max(changed, type(changed)(0)) if low >= 0 else changed

    def _string(self, place: str, value: str) -> str:
        strings = [seen for seen in self._seen[place] if isinstance(seen, str)]
        alphabet = sorted(set("".join(strings))) or ["a"]
        letters = list(value)
        for _ in range(self._chance.randint(0, 2)):
            self._edit(letters, self._chance.choice(alphabet))
        changed = "".join(letters)
        return changed if changed or "" in strings else value

    def _sequence(self, place: str, value: Any) -> Any:
        parts = [self._change(place + "*", part) if self._chance.random() < 0.4 else part for part in value]  # noqa: PLR2004
        draw = self._chance.random()
        if parts and draw < 0.45:  # noqa: PLR2004
            self._edit(parts, self._change(place + "*", self._chance.choice(parts)))
        elif draw < 0.55:  # noqa: PLR2004
            self._chance.shuffle(parts)
        if not parts and all(seen for seen in self._seen[place]):
            return value
        return type(value)(parts) if type(value) in (list, tuple) else value

    def _edit(self, parts: list[Any], new: Any) -> None:
        """Insert, remove or replace one part."""
        at, draw = self._chance.randrange(len(parts) + 1), self._chance.random()
        if not parts or draw < 0.4:  # noqa: PLR2004
            parts.insert(at, new)
        elif draw < 0.7:  # noqa: PLR2004
            parts.pop(min(at, len(parts) - 1))
        else:
            parts[min(at, len(parts) - 1)] = new
