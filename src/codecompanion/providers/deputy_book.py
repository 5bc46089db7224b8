"""A book of limits that has a deputy: while it is away the other one is written in, and knows what is in flight."""

from collections.abc import Sequence

from codecompanion.ports import Limit, LimitBook, Turn


class BookWithDeputy:
    """A `LimitBook` made of two.

    The deputy is told of each request that the book lets through, so that it can take over at any moment; what was sent within
    the last minute it does not know. The book is asked alone for as long as it answers: who waits asks often.
    """

    def __init__(self, book: LimitBook, deputy: LimitBook) -> None:
        self._book = book
        self._deputy = deputy

    async def enter(self, token: str, model: str, limit: Limit) -> Turn | None:
        """Ask for a turn; see `LimitBook.enter`."""
        turn = await self._book.enter(token, model, limit)
        if turn is None:
            return await self._deputy.enter(token, model, limit)
        if turn.wait_s == 0 and limit != Limit():
            await self._deputy.renew(model.partition(":")[0], [token])
        return turn

    async def renew(self, provider: str, tokens: Sequence[str]) -> None:
        """Say in both that requests are still in flight: the one that was away learns of them so."""
        await self._book.renew(provider, tokens)
        await self._deputy.renew(provider, tokens)

    async def leave(self, token: str, provider: str) -> None:
        """Say in both that a request has ended or waits no longer."""
        await self._book.leave(token, provider)
        await self._deputy.leave(token, provider)

    async def hold_back(self, model: str, seconds: float) -> None:
        """Let no request to a model begin for some seconds, whichever is asked then."""
        await self._book.hold_back(model, seconds)
        await self._deputy.hold_back(model, seconds)
