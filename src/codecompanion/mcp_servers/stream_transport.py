"""What the SDK takes for a transport: it is entered, gives the two streams of messages, and is left."""

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any


@dataclass(slots=True)
class StreamTransport(AbstractAsyncContextManager[Any]):
    """A transport that also says why the talk ended by itself: `fault`, "" while nothing is wrong."""

    fault: str = field(default="", init=False)
    _open: AbstractAsyncContextManager[Any] | None = field(default=None, init=False)

    @abstractmethod
    def _streams(self) -> AbstractAsyncContextManager[Any]:
        """Return what opens the streams, those of what comes in and of what goes out, and closes them."""

    async def __aenter__(self) -> Any:
        self._open = self._streams()
        return await self._open.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._open is not None
        return await self._open.__aexit__(kind, error, traceback)
