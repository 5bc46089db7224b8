"""What an agent needs of those who hold the budget and know the prices."""

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from pydantic_ai.usage import RequestUsage

from codecompanion.domain.budget import Standing


class Reserved(Protocol):
    """Money that is set aside for one request."""

    @property
    def reservation_id(self) -> str:
        """What settles it."""
        ...


class Governor(Protocol):
    """Holds the budget. Amounts are US dollars."""

    async def reserve(
        self,
        *,
        key: str,
        run_id: str,
        project: str,
        role: str,
        model: str,
        worst_usd: Decimal | None,
        at: datetime,
        purpose: str = "",
        fallback_usd: Decimal | None = None,
    ) -> Reserved:
        """Set the worst cost of a request aside before it is sent.

        Raises:
            OverBudget: A limit does not leave that much.
            PolicyRefused: The price is unknown, and unknown prices are refused.
        """
        ...

    async def settle(
        self, reservation_id: str, *, cost_usd: Decimal | None, wasted: bool = False, retried: bool = False
    ) -> None:
        """Replace the worst by what it cost; None charges the worst."""
        ...

    async def save(
        self, *, key: str, run_id: str, project: str, role: str, model: str, saved_usd: Decimal | None, at: datetime
    ) -> None:
        """Record what an answer from the cache would have cost; None is unknown."""
        ...

    async def standings(self, at: datetime, *, run_id: str | None = None, project: str | None = None) -> list[Standing]:
        """Return how every limit of a run stands."""
        ...


class Prices(Protocol):
    """What models cost."""

    version: str
    """Which list the prices are from."""

    def worst(self, model: str, input_tokens: int, output_tokens: int, at: datetime) -> Decimal | None:
        """Return what a request can cost at most, None for an unknown price."""
        ...

    def worst_known(self, input_tokens: int, output_tokens: int, at: datetime) -> Decimal:
        """Return what a request of that size costs at the dearest price that is known."""
        ...

    def cost(self, model: str, usage: RequestUsage, at: datetime) -> Decimal | None:
        """Return what a request cost, None for an unknown price."""
        ...
