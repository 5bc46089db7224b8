"""How many of each article are there."""

from collections.abc import Mapping

from stockroom.articles import checked_number


class NotEnough(ValueError):
    """More was asked for than is there."""


class Stock:
    """Counts by article number."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def count(self, number: str) -> int:
        """Return how many of an article are there, 0 for one that was never delivered."""
        return self._counts.get(checked_number(number), 0)

    def receive(self, delivery: Mapping[str, int]) -> None:
        """Add what a delivery brought."""
        for number, count in delivery.items():
            self._counts[number] = self._counts.get(number, 0) + count

    def take(self, number: str, count: int) -> None:
        """Take some of an article out.

        Raises:
            NotEnough: So many are not there; nothing is taken.
        """
        there = self.count(number)
        if count > there:
            raise NotEnough(f"{there} of {number} are there, not {count}")
        self._counts[checked_number(number)] = there - count

    def numbers(self) -> list[str]:
        """Return the numbers of all articles that were ever delivered, in order."""
        return sorted(self._counts)
